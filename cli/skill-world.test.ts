/** Skills in real threads ask a world that is elsewhere: the thread blocks on shared memory, the runner goes on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleSkillThread } from '../scripts/lib/skill-thread.mjs';
import { fromUtf8, sha256Hex, utf8 } from '../src/crypto';
import type { SkillHost, SkillRequest } from '../src/skills';
import { rawWat, watRequest } from '../src/skills/abi/testing/wat';
import { createNodeSkillRunner } from './skill-runner';

let folder: string;
let runner: ReturnType<typeof createNodeSkillRunner>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skill-thread-'));
  runner = createNodeSkillRunner(await bundleSkillThread(folder));
});
afterAll(() => {
  runner.dispose();
  rmSync(folder, { recursive: true });
});

/** Asks for its input twice, and answers what it got the second time. */
const TWICE = rawWat(
  `(local $n2 i32)
   (drop (call $memory.read (local.get $p) (local.get $n)))
   (local.set $n2 (call $memory.read (local.get $p) (local.get $n)))
   (if (i32.lt_s (local.get $n2) (i32.const 0)) (then (local.set $n2 (i32.const 100))))
   (drop (memory.grow (i32.const 12)))
   (call $pack (i32.const 131072) (call $result (i32.const 131072) (local.get $n2)))`,
  ['memory.read', 'result'],
);
const request = (over: Partial<SkillRequest> = {}): SkillRequest => {
  const made = watRequest(TWICE, { input: utf8('key'), grants: ['memory.read'], ...over });
  return { ...made, limits: { ...made.limits, outputBytes: 1 << 20 } };
};
const answering = (...answers: (Uint8Array | string)[]): SkillHost & { asked: string[] } => {
  const asked: string[] = [];
  const call: SkillHost['call'] = (name, bytes) => {
    asked.push(`${name} ${fromUtf8(bytes)}`);
    const next = answers[asked.length - 1]!;
    return typeof next === 'string' ? Promise.reject(new Error(next)) : Promise.resolve(next);
  };
  return { call, asked };
};

describe('the world, from a thread', () => {
  test.each([0, 1, 65_535, 65_536, 65_537, 500_000])(
    'an answer of %i bytes arrives whole, and is recorded',
    async (length) => {
      const large = Uint8Array.from({ length }, (_, i) => i % 251);
      const host = answering(utf8('first'), large);
      const outcome = await runner.run(request(), { host });
      if (outcome.kind !== 'ok') throw new Error(JSON.stringify(outcome));
      expect(sha256Hex(outcome.output)).toBe(sha256Hex(large));
      expect(host.asked).toEqual(['memory.read key', 'memory.read key']);
      expect(outcome.calls.map(({ response }) => response?.length)).toEqual([5, length]);
      const replayed = await runner.run(request({ calls: outcome.calls }), { host: answering() });
      expect({ ...replayed, ms: 0 }).toEqual({ ...outcome, ms: 0 });
    },
  );

  test('an error arrives as an error, with its words', async () => {
    const outcome = await runner.run(request(), { host: answering('no', 'näh') });
    expect(outcome).toMatchObject({ kind: 'ok', output: utf8('näh') });
    expect(outcome.kind === 'ok' && outcome.calls.map(({ error }) => error)).toEqual(['no', 'näh']);
  });

  test('without a host nothing blocks', async () => {
    expect(await runner.run(request())).toMatchObject({ kind: 'ok', output: utf8('no world is attached') });
  });

  test('a run is cancelled while it waits, and the world hears of it', async () => {
    const controller = new AbortController();
    const host: SkillHost = {
      call: (_, __, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('stopped')));
          controller.abort();
        }),
    };
    await expect(runner.run(request(), { host, signal: controller.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(await runner.run(request())).toMatchObject({ kind: 'ok' });
  });

  test('other runs go on while one waits', async () => {
    let answer!: (bytes: Uint8Array) => void;
    const waiting = new Promise<Uint8Array>((resolve) => (answer = resolve));
    const slow = runner.run(request(), { host: { call: () => waiting } });
    for (let i = 0; i < 8; i++) expect(await runner.run(request())).toMatchObject({ kind: 'ok' });
    answer(utf8('at last'));
    expect(await slow).toMatchObject({ kind: 'ok', output: utf8('at last') });
  });
});

test('progress is heard while the skill runs', async () => {
  const text = rawWat(
    `(i64.store (i32.const 0) (i64.const 0x6161203030352020)) (drop (call $progress (i32.const 2) (i32.const 6))) (i64.const 0)`,
    ['progress'],
  );
  const heard: unknown[] = [];
  const outcome = await runner.run(watRequest(text, { grants: ['progress'] }), {
    onProgress: (permille, note) => heard.push([permille, note]),
  });
  expect([outcome.kind, heard]).toEqual(['ok', [[500, 'aa']]]);
});
