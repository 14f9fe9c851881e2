import * as Comlink from 'comlink';
import { expect, test } from 'vitest';
import { exposeCalls } from './door';

/** One end that is served, and what comes back to the other. */
function served() {
  const api = { add: (a: number, b: number) => a + b };
  const { port1, port2 } = new MessageChannel();
  exposeCalls(api, port1);
  return { api, port1, port2, client: Comlink.wrap<typeof api>(port2) };
}

test('its functions are called, and it is released', async () => {
  const { client, port1 } = served();
  expect(await client.add(1, 2)).toBe(3);
  client[Comlink.releaseProxy]();
  port1.close();
});

test('ATTACK: no frame sets, reads, constructs or reaches past the functions', async () => {
  const { api, port1, port2, client } = served();
  const { add } = api;
  const argumentList: unknown[] = [];
  const value = { type: 'RAW', value: false };
  const paths = [
    ['add'],
    ['enabled'],
    ['add', 'enabled'],
    ['constructor', 'prototype', 'enabled'],
    ['__proto__', 'enabled'],
    [],
  ];
  const frames = [
    ...paths.flatMap((path) =>
      ['SET', 'GET', 'CONSTRUCT', 'ENDPOINT'].map((type) => ({ type, path, value, argumentList })),
    ),
    ...paths.slice(1).map((path) => ({ type: 'APPLY', path, argumentList })),
    ...[
      { path: 5 },
      { path: ['add'], argumentList: 5 },
      { path: ['add'], argumentList: [null] },
      { path: [['add']] },
    ].map((rest) => ({ type: 'APPLY', ...rest })),
    { type: 'APPLY', path: ['toString'], argumentList },
  ];
  const answers: unknown[] = [];
  port2.addEventListener('message', ({ data }: MessageEvent) => answers.push(data));
  for (const [i, frame] of frames.entries()) port2.postMessage({ id: `attack-${i}`, ...frame });
  for (const noise of [null, 5, 'SET', [], { type: 'SET' }]) port2.postMessage(noise);
  // What comes after them is still served, and is the only answer.
  expect(await client.add(20, 22)).toBe(42);
  expect(answers).toHaveLength(1);
  expect(Object.keys(api)).toEqual(['add']);
  expect(api.add).toBe(add);
  expect(({} as Record<string, unknown>)['enabled']).toBeUndefined();
  port1.close();
});
