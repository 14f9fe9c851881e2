/** Keys, trustees and personal fields as an owner meets them: in Settings, Approvals and Audit. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
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

/** Says yes to what waits, with a note if there is one. */
async function approve(page: Page, title: RegExp, note?: string): Promise<void> {
  await page.getByRole('link', { name: 'Go to Approvals' }).click();
  const card = page.getByRole('article', { name: title });
  if (note !== undefined) await card.getByLabel('A note on your decision').fill(note);
  await card.getByRole('button', { name: 'Yes, allow once' }).click();
  await expect(card).toHaveCount(0);
}

test('a key is rotated after approval; the note on it is shown to one reader, then erased', async ({ page }) => {
  await openApp(page, '/#/settings/keys');
  await joinNode(page);
  const before = (await call(page, 'GetIdentity')).publicKeys;
  const keys = page.locator('#settings-keys');
  const row = keys.getByRole('listitem').filter({ hasText: 'Governance key' });
  await row.getByRole('button', { name: 'Rotate' }).click();
  await page.getByRole('button', { name: 'Rotate it' }).click();
  await approve(page, /replace the governance key/, 'Yearly change');
  // Meanwhile the node starts anew, and says so to who asks.
  await expect(async () => {
    expect((await call(page, 'GetIdentity')).publicKeys.governance).not.toBe(before.governance);
    expect((await call(page, 'GetStatus')).phase).toBe('ready');
  }).toPass();
  await page.goto('/#/settings/keys');
  await expect(keys.getByText('Earlier keys (1)')).toBeVisible();
  await expect(row.getByText('Number 2').first()).toBeVisible();

  // The export asks what to show.
  await page.goto('/#/audit');
  await page.getByRole('button', { name: 'Export everything' }).click();
  const ask = page.getByRole('dialog', { name: 'Include personal notes?' });
  await ask.getByLabel('Yearly change').check();
  const bundle = await save(page, ask.getByRole('button', { name: 'Export and show 1' }), join(scratch, 'bundle.zip'));
  // Its reader sees the note, and it is what the log holds the hash of.
  await page.goto('/#/verify');
  await page.getByLabel(/^Drop a bundle here/).setInputFiles(bundle);
  await expect(page.getByRole('heading', { name: 'Personal fields that it shows' })).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: 'Yearly change' })).toContainText('Note on an approval');

  await page.goto('/#/settings/personal');
  const personal = page.locator('#settings-personal');
  await personal.getByLabel('Yearly change').check();
  await personal.getByRole('button', { name: 'Erase personal fields' }).click();
  await page.getByRole('button', { name: 'Erase for good' }).click();
  await approve(page, /erase personal fields/);
  await expect.poll(() => call(page, 'ListPersonal')).toEqual([]);
});

test('trustees are appointed, and one of them alone is refused', async ({ page }) => {
  await openApp(page, '/#/settings/trustees');
  await joinNode(page);
  const section = page.locator('#settings-trustees');
  await section.getByText('Appoint trustees').click();
  await section.getByRole('button', { name: 'Appoint these trustees' }).click();
  await expect(section.getByText('Enter the key of at least one trustee.')).toBeVisible();
  // Keys of nobody here, but safe ones: the base point, doubled and tripled.
  const names = ['Ada', 'Bob', 'Cleo'];
  const safe = [
    '5866666666666666666666666666666666666666666666666666666666666666',
    'c9a3f86aae465f0e56513864510f3997561fa2c9e85ea21dc2292309f3cd6022',
    'd4b4f5784868c3020403246717ec169ff79e26608ea126a1ab69ee77d1b16712',
  ];
  for (const [i, key] of safe.entries()) {
    await section.getByLabel('Name').nth(i).fill(names[i]!);
    await section.getByLabel('Owner key', { exact: true }).nth(i).fill(key);
  }
  await section.getByRole('button', { name: 'Appoint these trustees' }).click();
  await approve(page, /appoint trustees/);
  await page.goto('/#/settings/trustees');
  await expect(section.getByText('2 of 3 are enough', { exact: false })).toBeVisible();
  await expect(section.getByText('Cleo')).toBeVisible();

  await section.getByText('The owner key is stolen').click();
  await expect(section.getByLabel('The text that trustees sign')).toContainText('"type":"RECOVERY"');
  const line = JSON.stringify({ key: safe[0], signature: `${'A'.repeat(86)}==` });
  await section.getByLabel('One line of each trustee').fill(line);
  await expect(section.getByText('1 of 2 signatures')).toBeVisible();
  await expect(section.getByRole('button', { name: 'Take the new owner key' })).toBeDisabled();
  await section.getByLabel('One line of each trustee').fill(`${line}\nnonsense`);
  await expect(section.getByText('One of the lines is not what a trustee sends.')).toBeVisible();
});
