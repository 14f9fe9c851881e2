import { parseToWindow, type FromWindow } from '../skills/lend';
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
  worker.postMessage({ type: 'connect' } satisfies FromWindow, [port1]);
  return port2;
}

function start(): Promise<Worker> {
  const worker = new Worker(new URL('../../workers/supervisor.ts', import.meta.url), { type: 'module' });
  const skills = new Map<string, Worker>();
  const end = (name: string) => {
    skills.get(name)?.terminate();
    skills.delete(name);
  };
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data, ports: [port] }: MessageEvent<unknown>) => {
      const message = parseToWindow(data);
      if (message?.type === 'ready') resolve(worker);
      else if (message?.type === 'end') end(message.name);
      else if (message && port) {
        spawn(message.name, port, skills, (text) =>
          worker.postMessage({ type: 'lost', name: message.name, message: text } satisfies FromWindow),
        );
      }
    };
    // Its lock is freed with it, which tells the node.
    worker.onerror = (event) => {
      supervisor = undefined;
      worker.terminate();
      for (const name of skills.keys()) end(name);
      const message = `The skills’ worker failed: ${event.message || 'it could not be loaded'}.`;
      reject(new SkillError('host_fault', message, { advice: 'Reload the page.' }));
    };
  });
}

/** Starts a skill's worker, whose only way out is `port`. */
function spawn(name: string, port: MessagePort, skills: Map<string, Worker>, lost: (message: string) => void): void {
  try {
    const worker = new Worker(new URL('../../workers/skill.ts', import.meta.url), { type: 'module', name });
    skills.set(name, worker);
    worker.onerror = (event) => {
      event.preventDefault();
      lost(event.message || 'the skill’s worker could not be loaded');
    };
    worker.postMessage(null, [port]);
  } catch (error) {
    lost(error instanceof Error ? error.message : String(error));
  }
}
