/** Runs skills for the node in workers of their own. A tab starts it and hands it the node's port; see src/host/skills.ts. */
import { LIMITS } from '../src/protocol/limits';
import { createLocalRunner, serveSkills, SkillPool, WebThreads } from '../src/skills';
import { parseFromWindow, type ToWindow } from '../src/skills/lend';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const ask = (message: ToWindow, transfer: Transferable[] = []) => scope.postMessage(message, transfer);
const lock = `sovereign-skills-${crypto.randomUUID()}`;
const threads = new WebThreads(lock, ask);
const runner = createLocalRunner(
  new SkillPool({
    workers: Math.min(LIMITS.skillWorkers, navigator.hardwareConcurrency),
    spawn: () => threads.spawn(),
  }),
);

/** One node at a time: whoever asks for a port anew has lost the old one. */
let leave = () => {};
scope.onmessage = ({ data, ports: [port] }: MessageEvent<unknown>) => {
  const message = parseFromWindow(data);
  if (message?.type === 'lost') threads.lose(message.name, message.message);
  if (message?.type !== 'connect' || !port) return;
  leave();
  leave = serveSkills(port, runner, lock);
};
void navigator.locks.request(lock, () => {
  ask({ type: 'ready' });
  return new Promise<never>(() => undefined);
});
