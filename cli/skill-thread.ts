/** A skill's own thread: one run, then it is ended. Bundled by itself as `skill-thread.mjs`; see skill-runner.ts. */
import { parentPort } from 'node:worker_threads';
import { rehearse, serve } from '../src/skills/conversation';

// Node's port is of the browser's kind, and typed by itself.
serve(parentPort as unknown as MessagePort, Promise.resolve());
void rehearse();
