import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flaws } from './lib/axe';
import { expect, test } from './lib/fixtures';
import { call, joinNode, openApp } from './lib/node';
import { save } from './lib/save';
import { verify } from './lib/verify';

let scratch = '';
test.beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'sovereign-e2e-'));
});
test.afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

test('an entry that the server witnessed is proved to a stranger, and its proof to nobody else’s entry', async ({
  page,
  baseURL,
}) => {
  await openApp(page, '/#/audit');
  await page.getByRole('button', { name: 'Sign a checkpoint' }).click();
  await expect(page.getByText(/Witnesses saw all \d+ entries of this log/)).toBeVisible();
  await page.getByRole('button', { name: /^Entry 1, / }).click();
  await expect(page.getByText(/Written by .* at the latest/)).toBeVisible();
  await page.getByRole('button', { name: 'Prove this entry' }).click();
  await expect(page.getByRole('img', { name: 'QR code of 1.tlog-proof' })).toBeVisible();
  expect(await flaws(page)).toEqual([]);

  const at = (name: string): string => join(scratch, name);
  const [proof, entry, key] = ['1.tlog-proof', '1.entry.json', 'log.vkey'];
  for (const name of [proof, entry, key])
    await save(page, page.getByRole('dialog').getByRole('button', { name }), at(name));
  const witness = (await (await fetch(`${baseURL}/witness/vkey`)).text()).trim();
  const logKey = readFileSync(at(key), 'utf8').trim();
  writeFileSync(at('policy.txt'), `log ${logKey}\nwitness server ${witness}\nquorum server\n`);

  const whole = verify(at(proof), '--entry', at(entry), '--log-key', at(key), '--witness-policy', at('policy.txt'));
  expect(whole.report.verdicts).toMatchObject({
    integrity: 'pass',
    authenticity: 'pass',
    nonEquivocation: 'pass',
    time: 'pass',
  });
  expect(whole.code).toBe(0);
  // The same on the Verify page, which takes them as they come.
  await page.goto('/#/verify');
  const pick = page.getByLabel(/^Drop a bundle here/);
  await pick.setInputFiles(at(proof));
  await page.getByLabel('Choose the entry').setInputFiles(at(entry));
  await expect(page.getByRole('heading', { name: 'In a log, but nobody vouches for it' })).toBeVisible();
  await page.getByLabel('Choose a witness policy').setInputFiles(at('policy.txt'));
  await expect(page.getByRole('heading', { name: 'Verified' })).toBeVisible();
  await expect(page.getByText(/^Seen by server/)).toBeVisible();
  await expect(page.getByLabel('The entry', { exact: true })).toContainText('"seq": 1');

  writeFileSync(at(entry), readFileSync(at(entry), 'utf8').replace('"INFO"', '"CRITICAL"'));
  expect(verify(at(proof), '--entry', at(entry), '--log-key', at(key)).code).toBe(1);
  await pick.setInputFiles(at(entry));
  await expect(page.getByRole('heading', { name: 'Not verified' })).toBeVisible();
  await expect(page.getByRole('cell', { name: /^This is not entry 1 of the \d+/ })).toBeVisible();
});

test('a kept checkpoint is recognised, and a forged one is not', async ({ page }) => {
  await openApp(page);
  await joinNode(page);
  const kept = await call(page, 'MakeCheckpoint');
  await page.goto('/#/audit');
  await page.getByText('Compare with a checkpoint from before').click();
  const field = page.getByLabel('The kept checkpoint');
  const button = page.getByRole('button', { name: 'Compare', exact: true });
  await field.fill(kept.note);
  await button.click();
  await expect(page.getByText(/^(The same log|This log goes on from it)$/)).toBeVisible();
  await field.fill(kept.note.replace(`\n${String(kept.size)}\n`, `\n${String(kept.size + 1000)}\n`));
  await button.click();
  await expect(page.getByText('Not signed by this log', { exact: true })).toBeVisible();
  await field.fill('what I remember');
  await button.click();
  await expect(page.getByText('This is not a signed checkpoint.').first()).toBeVisible();
});

test('what no witness saw is said on the strip, live, in both themes and on a phone', async ({ page, baseURL }) => {
  await openApp(page, '/#/audit');
  await joinNode(page);
  await expect(page.getByText(/Witnesses saw all \d+ entries of this log/)).toBeVisible();
  // A witness that is not there: what comes from now on stays unwitnessed.
  const vkey = (await (await fetch(`${baseURL}/witness/vkey`)).text()).trim();
  await call(page, 'SetWitnesses', { witnesses: [{ name: 'gone', url: `${baseURL}/nowhere`, vkey }], quorum: 1 });
  await expect(page.getByText(/Entr(y|ies) \d.* (is|are) not witnessed yet\./)).toBeVisible();
  await expect(
    page.getByRole('button', { name: /^Entry \d+, WITNESSES_SET, not witnessed yet$/ }).last(),
  ).toBeVisible();
  await page
    .getByRole('button', { name: /not witnessed yet$/ })
    .last()
    .click();
  await expect(page.getByText('Only this node’s clock says so.')).toBeVisible();
  await page.setViewportSize({ width: 360, height: 740 });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    expect(await flaws(page)).toEqual([]);
  }
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await call(page, 'SetWitnesses', { witnesses: [], quorum: 0 });
  await expect(page.getByText('No witnesses', { exact: true })).toBeVisible();
});
