import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './lib/fixtures';
import { openApp } from './lib/node';

let scratch = '';
test.beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'sovereign-e2e-'));
});
test.afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

const pick = (page: Page) => page.locator('input[type=file][accept*=csv]');

test('a CSV of 200 MB is refused by its size, before a byte of it is read', async ({ page }) => {
  await page.addInitScript(() => {
    const self = globalThis as unknown as { reads: number };
    self.reads = 0;
    for (const method of ['arrayBuffer', 'text', 'stream', 'slice', 'bytes'] as const) {
      const native: unknown = Reflect.get(Blob.prototype, method);
      if (typeof native !== 'function') continue;
      Object.defineProperty(Blob.prototype, method, {
        value: function (this: Blob, ...args: unknown[]): unknown {
          self.reads++;
          return Reflect.apply(native, this, args);
        },
      });
    }
  });
  // Sparse: it takes no room on the disk, and costs nothing unless somebody reads it.
  const huge = join(scratch, 'huge.csv');
  writeFileSync(huge, 'species,bill_length_mm\n');
  truncateSync(huge, 200_000_000);
  await openApp(page, '/#/pipelines/doc/iron-path');
  const yaml = await page.getByLabel('Pipeline in YAML').inputValue();
  await pick(page).setInputFiles(huge);
  await expect(page.getByText('huge.csv is larger than 64 MiB.')).toBeVisible();
  await expect(page.getByText('bad_dataset')).toBeVisible();
  expect(await page.evaluate(() => (globalThis as unknown as { reads: number }).reads)).toBe(0);
  await expect(page.getByLabel('Pipeline in YAML')).toHaveValue(yaml);

  // The count counts: a small file is read.
  await pick(page).setInputFiles({ name: 'small.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\n1,2\n') });
  await expect(page.getByText(/small\.csv, .*stored/)).toBeVisible();
  expect(await page.evaluate(() => (globalThis as unknown as { reads: number }).reads)).toBeGreaterThan(0);
});

const HEADER = 'species,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g';
const BAD: { what: string; csv: string; says: string }[] = [
  {
    what: 'missing columns',
    csv: 'species,bill_length_mm\nAdelie,39.1\n',
    says: 'Line 1, column 1: there is no column "bill_depth_mm".',
  },
  {
    what: 'NaN',
    csv: `${HEADER}\nAdelie,39.1,18.7,181,3750\nGentoo,NaN,18.7,181,3750\n`,
    says: 'Line 3, column 8: "NaN" in "bill_length_mm" is not a finite number.',
  },
  { what: '0 rows', csv: `${HEADER}\n`, says: 'the file has no rows.' },
];

for (const { what, csv, says } of BAD) {
  test(`a CSV with ${what}: the run ends early and says why, and nothing is lost`, async ({ page }) => {
    await openApp(page, '/#/pipelines/doc/iron-path');
    await pick(page).setInputFiles({ name: 'mine.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
    await expect(page.getByText(/mine\.csv, .*stored/)).toBeVisible();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await expect(page.getByText('This run ended early')).toBeVisible();
    await expect(page.getByText(says).first()).toBeVisible();
    await expect(page.getByText('bad_dataset').first()).toBeVisible();
    // The same file would end it the same way: it can only start anew.
    await expect(page.getByRole('button', { name: /^Try again/ })).toHaveCount(0);
    const { hash } = new URL(page.url());
    await page.getByRole('button', { name: 'Run again from the start' }).click();
    await expect(page).not.toHaveURL(new RegExp(`${hash}$`));
    await expect(page.getByText('This run ended early')).toBeVisible();
    await page.goto('/#/pipelines/doc/iron-path');
    await expect(page.getByLabel('Pipeline in YAML')).toHaveValue(/sha256: (?!f204db2c)[0-9a-f]{64}/);
  });
}

test('the browser is asked, through a tab, to keep the store: it declines, then agrees @chromium', async ({ page }) => {
  await openApp(page, '/#/settings/storage');
  await expect(page.getByText('Not protected')).toBeVisible();
  const ask = page.getByRole('button', { name: 'Ask the browser to keep it' });
  await ask.click();
  await expect(page.getByText('The browser declined.')).toBeVisible();
  const cdp = await page.context().newCDPSession(page);
  const { targetInfo } = await cdp.send('Target.getTargetInfo');
  const browserContextId = targetInfo.browserContextId!;
  await cdp.send('Browser.grantPermissions', { permissions: ['durableStorage'], browserContextId });
  // From now on the browser answers yes also to whoever only looks, so a new status may come before the click.
  const kept = page.getByText('The browser will not clear this node by itself.');
  await expect(async () => {
    if (await ask.isVisible()) await ask.click({ timeout: 1_000 });
    await expect(kept).toBeVisible({ timeout: 5_000 });
  }).toPass();
  await expect(page.getByText('The browser declined.')).toBeHidden();
});
