/** A hostile skill in a real browser: what its worker's scope holds, what its module may import, what it may use up. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { firstUrl } from '../scripts/lib/server.mjs';
import { rawWat, wat, watRequest } from '../src/skills/abi/testing/wat';
import { requestFor } from '../src/skills/testkit';
import type { SkillRequest } from '../src/skills';
import { expect, test } from './lib/fixtures';
import { tryEverything } from './lib/hostile';
import { call, joinNode, openApp, putBlob } from './lib/node';
import { builtScript, openSupervisor, runSkill } from './lib/skills';

test.describe('the scope of a skill’s worker', () => {
  let folder: string;
  let stop: () => void;
  let url: string;

  test.beforeAll(async () => {
    // The real server's headers for scripts of our own: one that is nothing but the attack, one that has taken over ours.
    folder = mkdtempSync(join(tmpdir(), 'hostile-'));
    mkdirSync(join(folder, 'assets'));
    const attack = `\nonmessage = () => {};\n(${tryEverything.toString()})().then((found) => postMessage(found));\n`;
    writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Hostile</title>');
    writeFileSync(join(folder, 'assets/other.js'), 'postMessage("I run");');
    writeFileSync(join(folder, 'assets/skill-attack00.js'), attack);
    const ours = readFileSync(join('dist/app', builtScript('skill')), 'utf8');
    writeFileSync(join(folder, 'assets/skill-taken000.js'), `${ours}\n;${attack}`);
    const relay = spawn(process.execPath, ['dist/relay/main.mjs', '--port', '0', '--app', folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    stop = () => relay.kill();
    url = await firstUrl(relay);
  });
  test.afterAll(() => {
    stop();
    rmSync(folder, { recursive: true });
  });

  const attackIn = async (page: Page, script: string): Promise<Record<string, string>> => {
    await page.goto(url);
    return await page.evaluate((src) => {
      const { trustedTypes } = globalThis as {
        trustedTypes?: { createPolicy(name: string, rules: object): unknown };
      };
      trustedTypes?.createPolicy('default', { createScriptURL: (text: string) => text });
      const worker = new Worker(src, { type: 'module', name: 'attack' });
      return new Promise<Record<string, string>>((resolve, reject) => {
        worker.onmessage = ({ data }: MessageEvent<Record<string, string>>) => resolve(data);
        worker.onerror = (event) => reject(new Error(event.message));
      });
    }, script);
  };

  test('its CSP forbids network, other code and other threads', async ({ page, complaints }) => {
    const { forbidden, ...tried } = await attackIn(page, '/assets/skill-attack00.js');
    const reached = Object.keys(tried).filter((name) => tried[name] === 'reached');
    // No CSP knows of these.
    const storage = ['BroadcastChannel', 'IndexedDB', 'Cache Storage', 'the private file system', 'Web Locks'];
    expect(storage).toEqual(expect.arrayContaining(reached));
    expect(forbidden!.split(',')).toEqual(expect.arrayContaining(['connect-src', 'script-src-elem']));
    complaints.violations.length = 0;
    complaints.errors.length = 0;
  });

  test('nothing at all is left once our script is in it', async ({ page, complaints }) => {
    const { forbidden: _, ...tried } = await attackIn(page, '/assets/skill-taken000.js');
    expect(Object.values(tried)).toHaveLength(23);
    expect(Object.keys(tried).filter((name) => tried[name] !== 'blocked')).toEqual([]);
    complaints.violations.length = 0;
    complaints.errors.length = 0;
  });
});

test.describe('a hostile module', () => {
  test.beforeEach(async ({ page }) => {
    await openApp(page);
    await openSupervisor(page);
  });
  const limits = (request: SkillRequest, over: Partial<SkillRequest['limits']>) => ({
    ...request,
    limits: { ...request.limits, ...over },
  });

  const IMPORTS: [what: string, field: string, code: string, abi?: SkillRequest['abi']][] = [
    ['fetch', '(import "env" "fetch" (func))', 'import_not_granted'],
    ['eval', '(import "js" "eval" (func (param i32)))', 'import_not_granted'],
    [
      'a string built-in',
      '(import "wasm:js-string" "length" (func (param externref) (result i32)))',
      'import_not_granted',
    ],
    ['a global of the host', '(import "env" "globalThis" (global externref))', 'import_not_granted'],
    ['a table of the host', '(import "env" "table" (table 1 funcref))', 'import_not_granted'],
    ['a memory of another skill', '(import "env" "memory" (memory 1))', 'import_not_granted'],
    ['a shared memory', '(import "env" "memory" (memory 1 1 shared))', 'unsupported_feature'],
    ['its own gas', '(import "env" "__sovereign_gas" (global (mut i64)))', 'unsupported_feature'],
    [
      'a capability it was not given',
      '(import "sovereign" "http.fetch" (func (param i32 i32) (result i32)))',
      'import_not_granted',
    ],
    ['one by another signature', '(import "sovereign" "result" (func (param i64) (result i32)))', 'import_not_granted'],
    ['prototype members', '(import "sovereign" "constructor" (func))', 'import_not_granted'],
    ['a module of no name', '(import "" "" (func))', 'import_not_granted'],
    ['a WASI socket', '(import "wasi_snapshot_preview1" "fetch" (func))', 'import_not_granted', 'wasi'],
    [
      'Extism’s kernel by another name',
      '(import "extism:host/user" "alloc" (func (param i64) (result i64)))',
      'import_not_granted',
      'extism',
    ],
  ];
  test('may import nothing but what it was given', async ({ page }) => {
    for (const [what, field, code, abi = 'raw'] of IMPORTS) {
      const request = requestFor(wat(`(module ${field})`, { threads: true, reference_types: true }), { abi });
      await expect(runSkill(page, request), what).rejects.toMatchObject({ code });
    }
  });

  test('has no clock but its own gas: what it measures is the same each time, however long it takes', async ({
    page,
  }) => {
    const timed = (rounds: number) =>
      rawWat(
        `(local $i i32) (drop (call $clock (i32.const 0) (i32.const 0))) (drop (call $result (i32.const 0) (i32.const 8)))
        (loop $l (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const ${rounds}))))
        (drop (call $clock (i32.const 0) (i32.const 0))) (drop (call $result (i32.const 8) (i32.const 8)))
        (call $pack (i32.const 0) (i32.const 16))`,
        ['clock', 'result'],
      );
    const grants = ['clock', 'result'];
    const measured = await Promise.all(
      [1, 1, 10_000_000, 10_000_000].map((rounds) => runSkill(page, watRequest(timed(rounds), { grants }))),
    );
    const [once, again, long, longAgain] = measured.map((outcome) => {
      if (outcome.kind !== 'ok') throw new Error(outcome.message);
      const [from, to] = [outcome.output.subarray(0, 8), outcome.output.subarray(8)].map((b) =>
        Buffer.from(b).readBigUInt64LE(),
      );
      return to! - from!;
    });
    expect(again).toBe(once);
    expect(longAgain).toBe(long);
  });

  test('finds nothing of other skills in its memory, not even of its own last run', async ({ page }) => {
    const grow = '(drop (memory.grow (i32.const 200)))';
    const fill = rawWat(`${grow} (memory.fill (i32.const 0) (i32.const 0x5a) (i32.const 13000000)) (i64.const 0)`);
    const scan = rawWat(
      `(local $i i32) ${grow}
      (loop $l
        (if (i32.eq (i32.load8_u (local.get $i)) (i32.const 0x5a)) (then unreachable))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 13000000))))
      (i64.const 0)`,
    );
    const roomy = (text: string) => limits(watRequest(text), { memoryPages: 300, gas: 1_000_000_000 });
    const runs = [fill, scan, fill, scan, scan].map((text) => runSkill(page, roomy(text)));
    for (const { kind } of await Promise.all(runs)) expect(kind).toBe('ok');
  });

  const FILL = '(memory.fill (i32.const 0) (i32.const 1) (i32.const 67108864))';
  const ENDLESS: [what: string, body: string, ends: string][] = [
    ['a loop', '(loop $l (br $l))', 'out_of_gas'],
    [
      'a loop around 64 MiB of memory.fill',
      `(drop (memory.grow (i32.const 1020))) (loop $l ${FILL} (br $l))`,
      'out_of_gas',
    ],
    ['a growth bomb', '(loop $l (drop (memory.grow (i32.const 1))) (br $l))', 'out_of_gas'],
    ['recursion', '(drop (call $run (local.get $p) (local.get $n)))', 'stack_overflow'],
  ];
  for (const [what, body, ends] of ENDLESS) {
    test(`${what} ends by itself, and another skill beside it is not held up`, async ({ page }) => {
      const endless = limits(watRequest(rawWat(`${body} (i64.const 0)`)), { memoryPages: 1_100 });
      const good = watRequest(rawWat('(call $pack (local.get $p) (local.get $n))'));
      const [bad, well] = await Promise.all([runSkill(page, endless), runSkill(page, good)]);
      expect(bad.kind).toBe(ends);
      expect(well).toMatchObject({ kind: 'ok' });
      expect((await runSkill(page, good)).kind).toBe('ok');
    });
  }
});

/** Runs an own module, with the owner's yes; for 100 million gas, so that the clock of 30 s does not end it first. */
async function runOwn(page: Page, module: Uint8Array, input: string) {
  const skill = await putBlob(page, [...module]);
  const running = call(page, 'RunSkill', { skill, input_sha256: input, budget: 5_000_000 });
  await expect.poll(async () => (await call(page, 'ListApprovals')).length).toBe(1);
  const [pending] = await call(page, 'ListApprovals');
  await call(page, 'DecideApproval', { id: pending!.id, verdict: 'yes' });
  return running;
}

test('while a skill loops, the node answers and runs another; the endless one’s tab closes and it ends all the same', async ({
  page,
  context,
}) => {
  await openApp(page);
  await joinNode(page);
  const second = await context.newPage();
  await openApp(second);
  await joinNode(second);
  const input = await putBlob(second, [1]);
  const endless = runOwn(second, wat(rawWat('(loop $l (br $l)) (i64.const 0)')), input);
  const authorized = { limit: 1, filter: { type: 'EXECUTION_AUTHORIZED' } } as const;
  await expect.poll(async () => (await call(second, 'ListEntries', authorized)).entries.length).toBe(1);
  expect((await call(second, 'GetStatus')).system_health).toBe('OK');
  expect((await call(second, 'RunSkill', { skill: 'hash-file', input_sha256: input })).outcome).toBe('ok');
  // The first tab lends the workers: the run is under it.
  await page.close();
  expect(await endless).toMatchObject({ outcome: 'out_of_gas' });
  expect((await call(second, 'RunSkill', { skill: 'hash-file', input_sha256: input })).outcome).toBe('ok');
});

test('an endless script is stopped by whoever asked for it, and its worker is gone', async ({ page }) => {
  await openApp(page);
  await joinNode(page);
  const input = await putBlob(page, [...Buffer.from('{"script":"for (;;);"}')]);
  const running = call(page, 'RunSkill', { skill: 'javascript', input_sha256: input, call: 'endless' });
  const authorized = { limit: 1, filter: { type: 'EXECUTION_AUTHORIZED' } } as const;
  await expect.poll(async () => (await call(page, 'ListEntries', authorized)).entries.length).toBe(1);
  expect(await call(page, 'StopSkill', { call: 'endless' })).toBe(true);
  expect((await running).outcome).toBe('cancelled');
  // The lock of a skill's worker is freed when its thread has stopped; only a spare may be left.
  const workers = () =>
    page.evaluate(async () => {
      const { held = [] } = await navigator.locks.query();
      return held.filter(({ name }) => /^sovereign-skills-[\w-]{36}-\d+$/.test(name!)).length;
    });
  await expect.poll(workers).toBeLessThanOrEqual(1);
  const file = await putBlob(page, [1]);
  expect((await call(page, 'RunSkill', { skill: 'hash-file', input_sha256: file })).outcome).toBe('ok');
});
