/** A skill's own thread: one run, then it is ended. Bundled by itself as `skill-thread.mjs`; see skill-runner.ts. */
import { parentPort } from 'node:worker_threads';
import { warmUp, work, type Assignment } from '../src/skills/conversation';

const port = parentPort!;
port.once(
  'message',
  (assignment: Assignment) =>
    void work(assignment, (message, transfer) => port.postMessage(message, transfer as ArrayBuffer[])),
);
void warmUp();
