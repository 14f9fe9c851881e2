import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { fromHex, hex, sha256Hex, utf8 } from '../crypto';
import { CHUNK, statesOf } from './exchange/chain';
import { stamped } from './topics/judge';
import { EpochKeys } from './topics/keys';

interface Vectors {
  topic: Record<'topic_key' | 'name' | 'topic' | 'from' | 'nonce' | 'body' | 'sealed', string> & {
    epoch: number;
    stamp: { began: number; number: number; sent: number };
  };
  content: { pattern: string; bytes: number; sha256: string; states: string[] }[];
}

const read = async (): Promise<Vectors> =>
  JSON.parse(await readFile(new URL('../../docs/vectors/mesh-protocols.json', import.meta.url), 'utf8')) as Vectors;

describe('docs/vectors/mesh-protocols.json', () => {
  test('a topic’s name and a sealed message', async () => {
    const { topic: v } = await read();
    const keys = new EpochKeys(v.epoch, fromHex(v.topic_key)!);
    const plain = stamped(v.stamp, utf8(v.body));
    expect(keys.topic(v.name)).toBe(v.topic);
    expect(hex(keys.seal(v.topic, v.from, plain, fromHex(v.nonce)!))).toBe(v.sealed);
    expect(keys.open(v.topic, v.from, fromHex(v.sealed)!)).toEqual(plain);
  });

  test('the states before the chunks of content', async () => {
    for (const { pattern, bytes, sha256, states } of (await read()).content) {
      const content = new Uint8Array(bytes).map((_, i) => (pattern === 'zero' ? 0 : i % 251));
      expect(sha256Hex(content)).toBe(sha256);
      const made = hex(await statesOf(content, () => Promise.resolve()));
      expect(made).toBe(states.join(''));
      expect(states).toHaveLength(Math.max(1, Math.ceil(bytes / CHUNK)) - 1);
    }
  });
});
