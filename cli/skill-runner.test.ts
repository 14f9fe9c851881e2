import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleSkillThread } from '../scripts/lib/skill-thread.mjs';
import { fromUtf8, utf8 } from '../src/crypto';
import { LIMITS } from '../src/protocol/limits';
import type { SkillRequest } from '../src/skills';
import { BAD_SKILLS, buildModule, requestFor } from '../src/skills/testkit';
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

const good = requestFor(buildModule());
async function stillWorks(): Promise<void> {
  const outcome = await runner.run(good);
  expect(outcome.kind === 'ok' && fromUtf8(outcome.output)).toBe('hello');
}

describe('Node’s skill runner', () => {
  test('gives a skill its input and takes its output', stillWorks);

  test('an empty input is an input', async () => {
    expect(await runner.run({ ...good, input: new Uint8Array() })).toMatchObject({
      kind: 'ok',
      output: new Uint8Array(),
    });
  });

  test('many at once all answer', async () => {
    const runs = Array.from({ length: 20 }, (_, i) => runner.run({ ...good, input: utf8(`input ${i}`) }));
    const outcomes = await Promise.all(runs);
    expect(outcomes.map((outcome) => outcome.kind === 'ok' && fromUtf8(outcome.output))).toEqual(
      runs.map((_, i) => `input ${i}`),
    );
  });

  test.each([
    ['traps', { kind: 'trap' }],
    ['trapsInAlloc', { kind: 'trap' }],
    ['trapsAtStart', { kind: 'trap' }],
    ['allocOutside', { kind: 'bad_output' }],
    ['allocNegative', { kind: 'bad_output' }],
    ['pointsOutside', { kind: 'bad_output' }],
    ['pointsFarOutside', { kind: 'bad_output' }],
    ['giantLength', { kind: 'bad_output' }],
    ['recursesForever', { kind: 'stack_overflow' }],
    ['loopsForever', { kind: 'out_of_gas', gas: LIMITS.skillGas }],
    ['loopsAtStart', { kind: 'out_of_gas', gas: LIMITS.skillGas }],
  ] as const)('a skill that %s is an outcome, and the runner goes on', async (name, expected) => {
    expect(await runner.run(requestFor(BAD_SKILLS[name]))).toMatchObject(expected);
    await stillWorks();
  });

  /** Its gas lasts for half a minute and more: only the clock can be what ends it. */
  const endless = (name: 'loopsForever' | 'loopsAtStart', wallMs: number): SkillRequest => {
    const request = requestFor(BAD_SKILLS[name]);
    return { ...request, limits: { ...request.limits, gas: LIMITS.skillMaxGas, wallMs } };
  };

  test.each(['loopsForever', 'loopsAtStart'] as const)('a skill that %s is ended by the timeout', async (name) => {
    const outcome = await runner.run(endless(name, 50));
    expect(outcome).toMatchObject({ kind: 'host_fault', reason: 'timeout' });
    await stillWorks();
  });

  test('a skill that grows memory without end stops at its limit', async () => {
    const request = requestFor(BAD_SKILLS.growsWithoutEnd);
    const outcome = await runner.run({ ...request, limits: { ...request.limits, memoryPages: 40 } });
    // It answers no bytes from where its memory ends, which is just inside: 40 pages were granted and no more.
    expect(outcome).toMatchObject({ kind: 'ok', output: new Uint8Array() });
    await stillWorks();
  });

  test('more output than the limit is refused', async () => {
    expect(await runner.run({ ...good, limits: { ...good.limits, outputBytes: 4 } })).toMatchObject({
      kind: 'bad_output',
    });
  });

  test('more loops than workers still end, one after the other', async () => {
    const runs = Array.from({ length: 6 }, () => runner.run(endless('loopsForever', 20)));
    for (const run of runs) expect(await run).toMatchObject({ reason: 'timeout' });
    await stillWorks();
  });

  const refused: [string, Partial<SkillRequest>, string][] = [
    ['bytes that are no module', { ...requestFor(utf8('not a module')) }, 'not_wasm'],
    ['a module cut short', { ...requestFor(buildModule().subarray(0, 60)) }, 'invalid_module'],
    [
      'other imports',
      { ...requestFor(buildModule({ imports: [{ module: 'env', name: 'fetch', kind: 0 }] })) },
      'import_not_granted',
    ],
    ['too much memory', { ...requestFor(buildModule({ memory: [0, 17] })) }, 'memory_over_limit'],
    ['other bytes than named', { moduleSha256: '00'.repeat(32) }, 'hash_mismatch'],
    ['a time limit of nothing', { limits: { ...good.limits, wallMs: 0 } }, 'bad_limits'],
    [
      'a time limit beyond the product’s',
      { limits: { ...good.limits, wallMs: LIMITS.skillTimeoutMs + 1 } },
      'bad_limits',
    ],
    ['a memory limit that is no number', { limits: { ...good.limits, memoryPages: NaN } }, 'bad_limits'],
    ['too large an input', { input: new Uint8Array(LIMITS.skillInputBytes + 1) }, 'input_too_large'],
  ];
  test.each(refused)('refuses %s', async (_, over, code) => {
    await expect(runner.run({ ...good, ...over })).rejects.toMatchObject({ code });
    await stillWorks();
  });

  test('a run can be cancelled', async () => {
    const controller = new AbortController();
    const run = runner.run(endless('loopsForever', LIMITS.skillTimeoutMs), { signal: controller.signal });
    controller.abort();
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    await stillWorks();
  });

  test('a limit that was admitted once does not admit another', async () => {
    const module = buildModule({ memory: [0, 17] });
    const roomy = requestFor(module, { limits: { ...good.limits, memoryPages: 20 } });
    expect(await runner.run(roomy)).toMatchObject({ kind: 'ok' });
    await expect(runner.run(requestFor(module))).rejects.toMatchObject({ code: 'memory_over_limit' });
  });

  test('an instance remembers nothing of the run before', async () => {
    // Counts its runs in memory at 0 and answers that byte.
    const counting = [...[0x41, 0, 0x41, 0, 0x2d, 0, 0, 0x41, 1, 0x6a, 0x3a, 0, 0], 0x42, 1];
    const request = requestFor(buildModule({ run: counting }));
    for (let i = 0; i < 3; i++) expect(await runner.run(request)).toMatchObject({ output: Uint8Array.of(1) });
  });
});
