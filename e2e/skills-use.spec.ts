import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { flaws } from './lib/axe';
import { jcsBytes, sha256Hex } from '../src/crypto';
import { rawWat, wat } from '../src/skills/abi/testing/wat';
import { expect, test } from './lib/fixtures';
import { call, joinNode, openApp } from './lib/node';
import { save } from './lib/save';

let scratch = '';
test.beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'sovereign-e2e-'));
});
test.afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

const file = (name: string, buffer: Buffer) => ({ name, mimeType: 'application/octet-stream', buffer });

/** Of a skill that asks to tell how far it is, by an author of its own. */
function signedManifest(module: Uint8Array): Buffer {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const body = {
    v: 1,
    name: 'half',
    version: '1.0.0',
    title: 'Half a skill',
    description: 'It never comes to its end.',
    abi: 'raw',
    sha256: sha256Hex(module),
    bytes: module.length,
    capabilities: [{ grant: 'progress', why: 'So that you see how far it is.' }],
    limits: {
      memoryPages: 16,
      wallMs: 30_000,
      outputBytes: 1000,
      gas: 100_000_000_000,
      hostCalls: 10,
      hostBytes: 1000,
    },
    licence: 'MIT',
    input: 'Anything.',
    output: 'Nothing.',
    author: publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex'),
  };
  const signature = sign(null, jcsBytes(body), privateKey).toString('base64');
  return Buffer.from(jcsBytes({ ...body, signature }));
}
async function approve(page: Page): Promise<void> {
  const approver = await page.context().newPage();
  await openApp(approver, '/#/approvals');
  await approver.getByRole('button', { name: 'Yes, allow once' }).click();
  await expect(approver.getByRole('button', { name: 'Yes, allow once' })).toHaveCount(0);
  await approver.close();
}

const run = (page: Page) => page.getByRole('button', { name: 'Run', exact: true });
const output = (page: Page) => page.getByLabel('Output', { exact: true });

test('a file is notarised by clicks, and its proof verified on the Verify page', async ({ page }) => {
  await openApp(page, '/#/skills/notarise');
  await page.getByLabel('Choose the file to notarise').setInputFiles({
    name: 'letter.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('Dear Ada'),
  });
  await page.getByLabel('Note').fill('as sent on Monday');
  await run(page).click();
  const proof = page.getByRole('region', { name: 'Proof' });
  await expect(proof.getByText(/letter\.txt is notarised by entry \d+ of the log/)).toBeVisible();
  const entry = await proof.getByRole('link', { name: /^entry \d+$/ }).textContent();
  const seq = /\d+/.exec(entry!)![0];
  await expect(output(page)).toContainText('"note": "as sent on Monday"');
  // The server's witness sees it when it is shown a head that holds it.
  const ask = proof.getByRole('button', { name: 'Show it to the witnesses now' });
  await expect(ask.or(proof.getByText('Witnessed', { exact: true }))).toBeVisible();
  // The node shows its heads by itself too, and then there is nothing left to press.
  await expect(async () => {
    if (await ask.isVisible()) await ask.click({ timeout: 1_000 });
    await expect(proof.getByText('Witnessed', { exact: true })).toBeVisible({ timeout: 1_000 });
  }).toPass();
  expect(await flaws(page)).toEqual([]);

  await proof.getByRole('button', { name: 'Download the proof' }).click();
  const dialog = page.getByRole('dialog');
  const names = ['letter.txt.statement.json', `${seq}.tlog-proof`, `${seq}.entry.json`, 'log.vkey'];
  const files: string[] = [];
  for (const name of names) files.push(await save(page, dialog.getByRole('button', { name }), join(scratch, name)));
  const [, proved, stored, key] = files as [string, string, string, string];

  await page.goto('/#/verify');
  await page.getByLabel(/^Drop a bundle here/).setInputFiles(proved);
  await page.getByLabel('Choose the entry').setInputFiles(stored);
  await expect(page.getByRole('heading', { name: 'In a log, but nobody vouches for it' })).toBeVisible();
  await page.getByLabel('Choose log.vkey').setInputFiles(key);
  await expect(page.getByRole('heading', { name: 'Verified' })).toBeVisible();
  await expect(page.getByLabel('The entry', { exact: true })).toContainText('output_sha256');
});

test('an endless script is stopped by its button, and the log says so', async ({ page }) => {
  await openApp(page, '/#/skills/javascript');
  const script = page.getByLabel('Script', { exact: true });
  await script.fill('for (;;) {}');
  await run(page).click();
  await expect(page.getByText(/^Running in its own worker/)).toBeVisible();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Use' }).getByText('Stopped', { exact: true })).toBeVisible();
  const entry = page.getByRole('link', { name: /^log entry \d+$/ });
  const seq = Number(/\d+/.exec((await entry.textContent())!)![0]);
  await joinNode(page);
  expect((await call(page, 'GetEntry', { seq })).entry).toMatchObject({
    type: 'EXECUTION_FAILED',
    data: { code: 'cancelled' },
  });
  // Nothing is broken by it.
  await script.fill('input + 1');
  await page.getByLabel('Input', { exact: true }).fill('41');
  await run(page).click();
  await expect(output(page)).toHaveText('42');
});

test('the Tab key indents a script, and Escape lets the keyboard out of it', async ({ page }) => {
  await openApp(page, '/#/skills/javascript');
  const script = page.getByLabel('Script', { exact: true });
  await script.fill('');
  await script.press('Tab');
  await script.pressSequentially('1');
  await expect(script).toHaveValue('  1');
  await expect(script).toBeFocused();
  await script.press('Escape');
  await script.press('Tab');
  await expect(script).not.toBeFocused();
  await expect(script).toHaveValue('  1');
});

test('a budget refuses before and ends during a run', async ({ page }) => {
  await openApp(page, '/#/skills/hash-file');
  await page.getByLabel('Input').fill('abc');
  // By keys: in a field of numbers Firefox ESR's driver fills behind what is there.
  const spendAtMost = async (ippc: string): Promise<void> => {
    await page.getByLabel('Spend at most (IPPC)').press('Control+a');
    await page.keyboard.type(ippc);
  };
  await spendAtMost('0');
  await run(page).click();
  await expect(page.getByRole('alert')).toContainText('budget_exhausted');
  await spendAtMost('0.00001');
  await run(page).click();
  await expect(page.getByText(/ended by its budget: the 0\.00001 IPPC are spent/)).toBeVisible();
  await expect(page.getByText('200 gas, 0.00001 IPPC')).toBeVisible();
  await spendAtMost('1');
  await run(page).click();
  await expect(output(page)).toContainText('ba7816bf');
  await page.getByText('Details of this run').click();
  await expect(page.getByText('Memory at its end')).toBeVisible();
});

test('a skill that tells how far it is is heard, and stopped', async ({ page }) => {
  // Says so, and goes on for as long as it may.
  const word = '420 Half of the way';
  const module = wat(
    rawWat(
      `(drop (call $progress (i32.const 1024) (i32.const ${word.length}))) (loop $on (br $on)) (unreachable)`,
      ['progress'],
      `(data (i32.const 1024) "${word}")`,
    ),
  );
  await openApp(page, '/#/skills');
  await page.locator('input[type=file][accept*=json]').setInputFiles(file('manifest.json', signedManifest(module)));
  await page.getByLabel('Now choose its module (.wasm)').setInputFiles(file('skill.wasm', Buffer.from(module)));
  await page.getByRole('button', { name: 'Install', exact: true }).last().click();
  await approve(page);
  await expect(page.getByRole('heading', { name: 'Half a skill', level: 1 })).toBeVisible();
  await run(page).click();
  await expect(page.getByText(/^Half of the way\s*: 42 %$/)).toBeVisible();
  await expect(page.getByRole('progressbar')).toHaveJSProperty('value', 420);
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Use' }).getByText('Stopped', { exact: true })).toBeVisible();
  // Not before: axe is slow beside a skill that spins, and the skill's time is bounded.
  expect(await flaws(page)).toEqual([]);
});

test('forms: a difference, a query as a table, ticks of a checklist', async ({ page }) => {
  await openApp(page, '/#/skills/text-diff');
  await page.getByRole('button', { name: 'Fill in an example' }).click();
  await run(page).click();
  await expect(output(page)).toContainText('+rye bread');
  await page.goto('/#/skills/csv-query');
  await page.getByRole('button', { name: 'Fill in an example' }).click();
  await run(page).click();
  const table = page.getByRole('region', { name: 'Output' });
  await expect(table.getByRole('row').nth(1)).toHaveText(/north\s*2\s*220/);
  expect(await flaws(page)).toEqual([]);
  await page.goto('/#/skills/checklist');
  await page.getByRole('button', { name: 'Fill in an example' }).click();
  await run(page).click();
  await page.getByRole('checkbox', { name: 'Pack' }).check();
  await page.getByLabel('New item').fill('Go');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await run(page).click();
  await expect(output(page)).toContainText('"percent": 66');
  expect(await flaws(page)).toEqual([]);
});

test('@chromium every skill’s page is free of flaws in both themes, and fits a phone', async ({ page }) => {
  await openApp(page, '/#/skills');
  await joinNode(page);
  const skills = await call(page, 'ListSkills');
  await page.setViewportSize({ width: 360, height: 740 });
  for (const { name, title } of skills) {
    await page.goto(`/#/skills/${name}`);
    await expect(page.getByRole('heading', { name: title, level: 1 })).toBeVisible();
    await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
    for (const theme of ['paper', 'ink']) {
      await page.evaluate((value) => document.documentElement.setAttribute('data-theme', value), theme);
      expect(await flaws(page), `${name}, ${theme}`).toEqual([]);
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth), name).toBeLessThanOrEqual(360);
  }
});
