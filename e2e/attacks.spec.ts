import { createHash } from 'node:crypto';
import type { Page } from '@playwright/test';
import { expect, test } from './lib/fixtures';
import { call, joinNode, openApp, putBlob } from './lib/node';

/** Runs `change` on a store of the node's database, from a page where the app does not run. */
async function tamper(page: Page, store: string, change: 'flip' | 'drop-last' | 'clear'): Promise<void> {
  await page.goto('/icons/icon.svg');
  await page.evaluate(
    ([name, how]) =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open('sovereign');
        opening.onerror = () => reject(opening.error!);
        opening.onsuccess = () => {
          const db = opening.result;
          const tx = db.transaction(name!, 'readwrite');
          tx.oncomplete = () => {
            db.close();
            resolve();
          };
          const cursor = tx.objectStore(name!).openCursor(null, 'prev');
          if (how === 'clear') {
            tx.objectStore(name!).clear();
            return;
          }
          cursor.onsuccess = () => {
            const at = cursor.result;
            if (!at) return;
            const value: unknown = at.value;
            // Marks of who may write are numbers; the log itself is bytes.
            if (!(value instanceof Uint8Array)) return at.continue();
            if (how === 'flip') {
              let middle = Math.floor(value.length / 2);
              // Never a line's end: one line less would be a log that was cut.
              while (value[middle] === 0x0a) middle++;
              value[middle]! ^= 1;
              at.update(value);
            } else at.delete();
          };
        };
      }),
    [store, change],
  );
}

test('a tampered log entry in the database: the node halts, says why and how to get out', async ({ page }) => {
  await openApp(page);
  await joinNode(page);
  // The newest second of the log is under no checkpoint yet; see docs/log-format.md.
  await call(page, 'MakeCheckpoint');
  await tamper(page, 'log', 'flip');
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'This node has stopped itself' })).toBeVisible();
  await expect(page.getByText('log_broken')).toBeVisible();
  await expect(page.getByRole('button', { name: /export|save/i }).first()).toBeVisible();
});

test('cut the tail in the database: rolled back', async ({ page }) => {
  await openApp(page);
  await joinNode(page);
  await call(page, 'MakeCheckpoint');
  await tamper(page, 'log', 'drop-last');
  await page.goto('/');
  await expect(page.getByText('log_rolled_back')).toBeVisible();
});

test('the identity is gone from the database: no second one is made over the log', async ({ page }) => {
  await openApp(page);
  await tamper(page, 'records', 'clear');
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'This node has stopped itself' })).toBeVisible();
});

// The smallest modules with the raw ABI whose run does what their name says (docs/skill-abi.md).
const HEAD = [0, 97, 115, 109, 1, 0, 0, 0];
// Types (i32)->i32 and (i32,i32)->i64; two functions; one memory page; exports memory, alloc, run.
const TYPES = [1, 12, 2, 96, 1, 127, 1, 127, 96, 2, 127, 127, 1, 126];
const FUNCTIONS = [3, 3, 2, 0, 1];
const MEMORY = [5, 3, 1, 0, 1];
const name = (text: string): number[] => [text.length, ...Buffer.from(text)];
const EXPORTS = ((): number[] => {
  const body = [3, ...name('memory'), 2, 0, ...name('alloc'), 0, 0, ...name('run'), 0, 1];
  return [7, body.length, ...body];
})();
const code = (run: number[]): number[] => {
  const alloc = [0, 65, 0, 11];
  const body = [2, alloc.length, ...alloc, run.length, ...run];
  return [10, body.length, ...body];
};
const module = (run: number[]): number[] => [...HEAD, ...TYPES, ...FUNCTIONS, ...MEMORY, ...EXPORTS, ...code(run)];
const MODULES = {
  trap: module([0, 0, 11]),
  // loop { br 0 }
  forever: module([0, 3, 64, 12, 0, 11, 0, 11]),
  // loop { memory.grow 1; drop; br 0 }
  growth: module([0, 3, 64, 65, 1, 64, 0, 26, 12, 0, 11, 0, 11]),
  // i64.const -1: a pointer and a length of 2^32-1
  outside: module([0, 66, 127, 11]),
};

test('a WASM file that is not one, or wants imports, is refused with the reason', async ({ page }) => {
  await openApp(page);
  await page.getByRole('navigation').getByRole('link', { name: 'Skills' }).first().click();
  const pick = page.locator('input[type=file][accept*=wasm]');
  await pick.setInputFiles({ name: 'a.wasm', mimeType: 'application/wasm', buffer: Buffer.from('not wasm at all') });
  await expect(page.getByText('This module is refused')).toBeVisible();
  // (import "env" "now" (func))
  const importing = [...HEAD, 1, 4, 1, 96, 0, 0, 2, 11, 1, ...name('env'), ...name('now'), 0, 0];
  await pick.setInputFiles({ name: 'b.wasm', mimeType: 'application/wasm', buffer: Buffer.from(importing) });
  await expect(page.getByText(/env\.now/)).toBeVisible();
});

test('the owner’s own module runs only after approval; traps, loops, growth and wild pointers end in a word', async ({
  page,
}) => {
  await openApp(page);
  await joinNode(page);
  const input = await putBlob(page, [1]);
  // Of 20 million gas: the clock of 30 s is no part of this.
  const budget = 1_000_000;
  const outcome = async (bytes: number[]): Promise<string> => {
    const skill = await putBlob(page, bytes);
    expect(skill).toBe(createHash('sha256').update(Buffer.from(bytes)).digest('hex'));
    const running = call(page, 'RunSkill', { skill, input_sha256: input, budget });
    await expect.poll(async () => (await call(page, 'ListApprovals')).length).toBe(1);
    const [pending] = await call(page, 'ListApprovals');
    await call(page, 'DecideApproval', { id: pending!.id, verdict: 'yes' });
    return (await running).outcome;
  };
  expect(await outcome(MODULES.trap)).toBe('trap');
  expect(await outcome(MODULES.outside)).toBe('bad_output');
  expect(await outcome(MODULES.forever)).toBe('out_of_gas');
  expect(await outcome(MODULES.growth)).toBe('out_of_gas');
  // The node and every other skill are unharmed.
  expect((await call(page, 'RunSkill', { skill: 'hash-file', input_sha256: input })).outcome).toBe('ok');
  expect((await call(page, 'GetStatus')).system_health).toBe('OK');
});

test('trying an own module by clicks: it waits for the yes, then says how it ended', async ({ page }) => {
  await openApp(page);
  await page.getByRole('navigation').getByRole('link', { name: 'Skills' }).first().click();
  await page
    .locator('input[type=file][accept*=wasm]')
    .setInputFiles({ name: 'trap.wasm', mimeType: 'application/wasm', buffer: Buffer.from(MODULES.trap) });
  const own = page.getByRole('main').getByRole('button', { name: 'Run', exact: true }).last();
  await own.click();
  await expect(page.getByText('Waiting for your yes')).toBeVisible();
  const approver = await page.context().newPage();
  await openApp(approver, '/#/approvals');
  await approver.getByRole('button', { name: 'Yes, allow once' }).click();
  await expect(page.getByText(/stopped with a trap/)).toBeVisible();
});

test('policy says deny: nothing happens, and the log says who decided', async ({ page }) => {
  await openApp(page);
  await joinNode(page);
  const { current } = await call(page, 'GetPolicies');
  const forbid =
    '@id("no-hashing")\nforbid (principal, action == Action::"run_skill", resource == Skill::"hash-file");';
  await call(page, 'SignPolicies', { cedar: `${current.cedar}\n${forbid}\n` });
  const input = await putBlob(page, [1]);
  await expect(call(page, 'RunSkill', { skill: 'hash-file', input_sha256: input })).rejects.toMatchObject({
    code: 'denied',
  });
  const { entries } = await call(page, 'ListEntries', { limit: 1, filter: { type: 'EXECUTION_BLOCKED' } });
  expect(entries[0]!.entry.data).toMatchObject({ code: 'denied', policies: ['no-hashing'] });
});

test('a pipeline with wrong lines: each is named by its number', async ({ page }) => {
  await openApp(page);
  await joinNode(page);
  const { problems } = await call(page, 'ValidatePipeline', {
    yaml: 'name: x\nstages:\n  - name: ../x\n    colour: red\n',
  });
  expect(problems.some((p) => p.line === 3)).toBe(true);
  expect(problems.some((p) => p.line === 4 && /colour/.test(p.message))).toBe(true);
});
