/** Calls from a page to its node, beside a bare echo of a SharedWorker. scripts/lib/mesh-bench.mjs awaits `bench`. */
import '../../src/host/trusted-types';
import { connectNode } from '../../src/host/node-client';
import { figure, type Figure } from '../log';
import { measureCalls } from './mesh-side';

const CALLS = 4_000;
/** Well under what a node takes of one tab. */
const AT_ONCE = 64;

async function bench(): Promise<Figure[]> {
  const node = connectNode();
  while ((await node.call('GetStatus')).phase !== 'ready') await new Promise((resolve) => setTimeout(resolve, 100));
  const echo = openEcho();
  // In turn, so that what else the machine does falls on both.
  const bare = await measureCalls(() => echo('Ping'), CALLS, AT_ONCE);
  const ping = await measureCalls(() => node.call('Ping'), CALLS, AT_ONCE);
  const identity = await measureCalls(() => node.call('GetIdentity'), CALLS, AT_ONCE);
  const rows = (name: string, { times, together }: typeof bare): Figure[] => [
    figure(name, times),
    figure(`${name}, ${AT_ONCE} at once`, [together], CALLS),
  ];
  const [first, second] = rows('echo of a bare SharedWorker', bare);
  const beside = (figures: Figure[]): Figure[] => [
    { ...figures[0]!, baseline: first!.name },
    { ...figures[1]!, baseline: second!.name },
  ];
  return [
    first!,
    second!,
    ...beside(rows('ipc Ping from a page', ping)),
    ...beside(rows('ipc GetIdentity from a page', identity)),
  ];
}

function openEcho(): (value: unknown) => Promise<unknown> {
  const { port } = new SharedWorker(new URL('./echo-worker.ts', import.meta.url), { type: 'module' });
  const waiting: ((value: unknown) => void)[] = [];
  port.onmessage = ({ data }: MessageEvent<unknown>) => waiting.shift()!(data);
  return (value) =>
    new Promise((resolve) => {
      waiting.push(resolve);
      port.postMessage(value);
    });
}

(globalThis as { bench?: Promise<Figure[]> }).bench = bench();
