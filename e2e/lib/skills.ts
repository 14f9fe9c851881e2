/** The built supervisor and skill workers, given runs as the node gives them (src/skills/wire.ts). */
import { readdirSync } from 'node:fs';
import type { Page } from '@playwright/test';
import type { SkillOutcome, SkillRequest } from '../../src/skills';
import { SkillError } from '../../src/skills/types';

/** The URL of a script as built. */
export function builtScript(name: string): string {
  const file = readdirSync('dist/app/assets').find((each) => new RegExp(`^${name}-[\\w-]+\\.js$`).test(each));
  if (file === undefined) throw new Error(`dist/app has no ${name}: run npm run build`);
  return `/assets/${file}`;
}

/** In place of bytes, which do not cross to a page. */
interface Packed {
  base64: string;
}
const packed = (bytes: Uint8Array): Packed => ({ base64: Buffer.from(bytes).toString('base64') });

interface Supervisor {
  runSkill(request: object): Promise<Record<string, unknown>>;
}

/** Starts a supervisor in the page, whose window then does for it what src/host/skills.ts does. */
export async function openSupervisor(page: Page): Promise<void> {
  await page.evaluate(
    ([supervisorScript, skillScript]) => {
      const supervisor = new Worker(supervisorScript!, { type: 'module' });
      const skills = new Map<string, Worker>();
      const { port1, port2 } = new MessageChannel();
      interface Message {
        type: string;
        name: string;
      }
      supervisor.onmessage = ({ data, ports: [port] }: MessageEvent<Message>) => {
        if (data.type === 'ready') supervisor.postMessage({ type: 'connect' }, [port1]);
        else if (data.type === 'end') skills.get(data.name)?.terminate();
        else {
          const worker = new Worker(skillScript!, { type: 'module', name: data.name });
          skills.set(data.name, worker);
          worker.postMessage(null, [port!]);
        }
      };
      const waiting = new Map<number, (message: object) => void>();
      port2.onmessage = ({ data }: MessageEvent<{ id: number }>) => {
        waiting.get(data.id)?.(data);
      };
      const unpack = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      const pack = (bytes: Uint8Array) =>
        new Promise<object>((resolve) => {
          const reader = new FileReader();
          reader.onload = () => resolve({ base64: (reader.result as string).replace(/^[^,]*,/, '') });
          reader.readAsDataURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
        });
      let id = 0;
      (globalThis as unknown as Supervisor).runSkill = async (asked) => {
        const request: Record<string, unknown> = { ...asked };
        for (const name of ['module', 'input']) request[name] = unpack((request[name] as Packed).base64);
        const answer = new Promise<object>((resolve) => waiting.set(id, resolve));
        port2.postMessage({ type: 'run', id: id++, request, principal: '', world: false });
        const message = (await answer) as { outcome?: { output?: Uint8Array } };
        const output = message.outcome?.output;
        return output ? { ...message, outcome: { ...message.outcome, output: await pack(output) } } : { ...message };
      };
    },
    [builtScript('supervisor'), builtScript('skill')],
  );
}

/** One run under the supervisor of {@link openSupervisor}. @throws SkillError for what it refuses */
export async function runSkill(page: Page, request: SkillRequest): Promise<SkillOutcome> {
  const asked = { ...request, module: packed(request.module), input: packed(request.input) };
  const said = (await page.evaluate(
    (value) => (globalThis as unknown as Supervisor).runSkill(value),
    asked,
  )) as unknown as {
    type: string;
    outcome: SkillOutcome & { output?: unknown };
    error: { code: SkillError['code']; message: string; details?: Record<string, unknown> };
  };
  if (said.type === 'refused') throw new SkillError(said.error.code, said.error.message, said.error);
  const { outcome } = said;
  if (outcome.kind !== 'ok') return outcome;
  return { ...outcome, output: Buffer.from((outcome.output as unknown as Packed).base64, 'base64') };
}
