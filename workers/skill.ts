/**
 * A skill's own worker: one run, then it is ended. Its script is served with a CSP that forbids everything but WASM, so
 * what it needs must be in this one file: import nothing lazily.
 */
import { rehearse, serve } from '../src/skills/conversation';
import { lockDown } from '../src/skills/lock-down';

const scope = self as unknown as DedicatedWorkerGlobalScope;
/** Held until this thread has stopped: the supervisor's proof that it is gone. See web-threads.ts. */
const alive = new Promise<void>((held) => {
  const forever = () => {
    held();
    return new Promise<never>(() => undefined);
  };
  // Refused only to a worker that is being ended, and then nobody waits for it.
  navigator.locks.request(scope.name, forever).catch(() => undefined);
});
lockDown(scope);
void rehearse();

scope.onmessage = ({ ports: [port] }) => {
  if (port) serve(port, alive);
};
