/** docs/vectors/witness-protocol.json, as any other implementation would run it. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { signerFromSeed, utf8 } from '../crypto';
import { Witness, readLogList } from './index';
import type { Fork, Reply } from './index';
import { memoryStore } from './testkit';

interface Vectors {
  name: string;
  time: number;
  vkey: string;
  logs: string[];
  steps: {
    what: string;
    path: 'add-checkpoint' | 'add-log';
    body: string;
    status: number;
    type: string;
    reply: string | null;
  }[];
  forks: Fork[];
}
const vectors = JSON.parse(
  readFileSync(new URL('../../docs/vectors/witness-protocol.json', import.meta.url), 'utf8'),
) as Vectors;

test('the conversation of the vectors', async () => {
  const witness = new Witness({
    name: vectors.name,
    signer: await signerFromSeed(new Uint8Array(32).fill(1)),
    clock: { now: () => vectors.time * 1000 },
    store: memoryStore(),
    logs: readLogList(vectors.logs.join('\n')),
    open: true,
  });
  expect(witness.vkey).toBe(vectors.vkey);
  for (const { what, path, body, status, type, reply } of vectors.steps) {
    const bytes = utf8(body);
    const answer: Reply = path === 'add-log' ? await witness.addLog(bytes) : await witness.addCheckpoint(bytes);
    expect({ what, status: answer.status, type: answer.type }).toEqual({ what, status, type });
    if (reply !== null) expect(answer.body).toBe(reply);
  }
  expect(witness.forks()).toEqual(vectors.forks);
});
