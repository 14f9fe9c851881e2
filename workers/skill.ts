/**
 * A skill's own worker: one run, then it is ended. Its script is served with a CSP that forbids everything but WASM, so
 * what it needs must be in this one file: import nothing lazily.
 */
import { runOnce, type Job } from '../src/skills/run';

const scope = self as unknown as DedicatedWorkerGlobalScope;
/** Held until this thread has stopped: the supervisor's proof that it is gone. See web-thread.ts. */
const alive = new Promise<void>((held) => {
  void navigator.locks.request(scope.name, () => {
    held();
    return new Promise<never>(() => undefined);
  });
});

scope.onmessage = async ({ data }: MessageEvent<Job>) => {
  await alive;
  const outcome = runOnce(data);
  scope.postMessage(outcome, outcome.kind === 'ok' ? [outcome.output.buffer as ArrayBuffer] : []);
};
