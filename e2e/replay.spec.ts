/** Runs of skills made again by clicks: by the node from its log, and by a stranger from a bundle. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import type { Page } from '@playwright/test';
import { jcs, sha256Text } from '../src/crypto';
import { packFile, zipBundle } from '../src/audit/export';
import { exportAnew } from '../src/verify/testing/operator';
import { makeRunsSample } from '../src/verify/testing/runs';
import { expect, test } from './lib/fixtures';
import { call, joinNode, openApp, putBlob } from './lib/node';
import { save } from './lib/save';

let scratch = '';
test.beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'sovereign-e2e-'));
});
test.afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

const card = (page: Page) => page.getByRole('listitem').filter({ hasText: 'Runs replayed' });

test('a run is made again from its entry, and all of them from the exported bundle', async ({ page }) => {
  await openApp(page);
  await joinNode(page);
  const { seq } = await call(page, 'RunSkill', { skill: 'hash-file', input_sha256: await putBlob(page, [1, 2, 3]) });
  await page.goto(`/#/audit/${seq}`);
  await page.getByRole('button', { name: 'Replay' }).click();
  await expect(page.getByRole('main').getByText('Identical', { exact: true })).toBeVisible();
  await expect(page.getByText(/^Run again from what this entry records, with no world attached/)).toBeVisible();

  const bundle = await save(page, page.getByRole('button', { name: 'Export everything' }), join(scratch, 'bundle.zip'));
  await page.goto('/#/verify');
  await page.getByLabel(/^Drop a bundle here/).setInputFiles(bundle);
  await expect(card(page)).toContainText('Not known');
  await page.getByRole('button', { name: 'Make the runs again' }).click();
  await expect(card(page)).toContainText('Passed');
  await expect(card(page)).toContainText(/1 runs of skills come out the same/);
  await expect(page.getByRole('button', { name: 'Make the runs again' })).toHaveCount(0);
});

test('a record that its own operator changed and signed anew: the first difference is named', async ({ page }) => {
  const files = await exportAnew(await makeRunsSample(cedar), (entries) => {
    for (const { data } of entries as {
      data: { result?: { execution?: { gas: number } }; result_sha256?: string };
    }[]) {
      if (!data.result?.execution) continue;
      data.result.execution.gas = 1;
      data.result_sha256 = sha256Text(jcs(data.result));
    }
  });
  const bundle = join(scratch, 'bundle.zip');
  writeFileSync(bundle, zipBundle(files.map(({ path, bytes }) => packFile(path, bytes))));
  await openApp(page, '/#/verify');
  await page.getByLabel(/^Drop a bundle here/).setInputFiles(bundle);
  await expect(page.getByRole('heading', { name: /^Intact, but nobody/ })).toBeVisible();
  await page.getByRole('button', { name: 'Make the runs again' }).click();
  await expect(card(page)).toContainText('Failed');
  await expect(card(page)).toContainText(/the gas is recorded as 1, and is \d+/);
});
