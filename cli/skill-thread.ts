/** A skill's own thread: one run, then it is ended. Bundled by itself as `skill-thread.mjs`; see skill-runner.ts. */
import { parentPort } from 'node:worker_threads';
import { runOnce, type Job } from '../src/skills/run';

parentPort!.once('message', (job: Job) => {
  const outcome = runOnce(job);
  parentPort!.postMessage(outcome, outcome.kind === 'ok' ? [outcome.output.buffer as ArrayBuffer] : []);
});
