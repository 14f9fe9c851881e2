import { SkillError } from '../skills/types';

let supervisor: Promise<Worker> | undefined;

/**
 * A port to this tab's skill supervisor, started when it is first wanted. A new port replaces the one before.
 * @throws SkillError `host_fault` when the browser cannot start it.
 */
export async function openSkills(): Promise<MessagePort> {
  supervisor ??= start();
  const worker = await supervisor;
  const { port1, port2 } = new MessageChannel();
  worker.postMessage('connect', [port1]);
  return port2;
}

function start(): Promise<Worker> {
  const worker = new Worker(new URL('../../workers/supervisor.ts', import.meta.url), { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.onmessage = () => resolve(worker);
    worker.onerror = (event) => {
      supervisor = undefined;
      worker.terminate();
      const message = `The skills’ worker failed: ${event.message || 'it could not be loaded'}.`;
      reject(new SkillError('host_fault', message, { advice: 'Reload the page.' }));
    };
  });
}
