/** Runs skills for the node in workers below this one. A tab starts it and hands it the node's port; see src/host/skills.ts. */
import '../src/host/trusted-types';
import { LIMITS } from '../src/protocol/limits';
import { createLocalRunner, serveSkills, SkillPool, webThread } from '../src/skills';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const lock = `sovereign-skills-${crypto.randomUUID()}`;
let spawned = 0;
const runner = createLocalRunner(
  new SkillPool({
    workers: Math.min(LIMITS.skillWorkers, navigator.hardwareConcurrency),
    spawn: () => {
      const name = `${lock}-${spawned++}`;
      return webThread(new Worker(new URL('./skill.ts', import.meta.url), { type: 'module', name }), name);
    },
  }),
);

/** One node at a time: whoever asks for a port anew has lost the old one. */
let leave = () => {};
scope.onmessage = ({ ports: [port] }) => {
  if (!port) return;
  leave();
  leave = serveSkills(port, runner, lock);
};
void navigator.locks.request(lock, () => {
  scope.postMessage('ready');
  return new Promise<never>(() => undefined);
});
