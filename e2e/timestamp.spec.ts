/** A timestamp token (RFC 3161) from the request to the verdict, with an authority that OpenSSL is. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeTsa, type TestTsa } from '../src/crypto/testkit';
import { flaws } from './lib/axe';
import { expect, test } from './lib/fixtures';
import { openApp } from './lib/node';
import { save } from './lib/save';
import { verify } from './lib/verify';

let scratch = '';
let tsa: TestTsa;
let stranger: TestTsa;
test.beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'sovereign-e2e-'));
  [tsa, stranger] = [makeTsa('P-256'), makeTsa('rsa')];
});
test.afterAll(() => {
  for (const authority of [tsa, stranger]) authority.remove();
  rmSync(scratch, { recursive: true, force: true });
});
const at = (name: string): string => join(scratch, name);

test('an authority’s token is attached, exported, and bounds the times of whoever trusts that authority', async ({
  page,
}) => {
  await openApp(page, '/#/audit');
  await page.getByText('Timestamps of an authority').click();
  const body = await save(page, page.getByRole('button', { name: 'Save what to stamp' }), at('checkpoint.body'));
  await expect(page.getByText(/openssl ts -query -data checkpoint-\d+\.body/)).toBeVisible();
  const text = readFileSync(body);
  const [origin, size] = text.toString().split('\n');
  expect(origin).toMatch(/^sovereign-node\/[0-9a-f]{16}/);

  const attach = page.getByLabel('Attach a timestamp token…');
  // Of another text than the one that was saved.
  writeFileSync(at('wrong.tsr'), tsa.stamp(Buffer.concat([text, Buffer.from(' ')])));
  await attach.setInputFiles(at('wrong.tsr'));
  await expect(page.getByRole('alert')).toContainText('not of a checkpoint that this node keeps');
  writeFileSync(at('right.tsr'), tsa.stamp(text));
  await attach.setInputFiles(at('right.tsr'));
  await expect(page.getByText(/^Attached: it covers \d+ entr/)).toContainText(` ${size} entr`);
  await expect(page.getByRole('alert')).toHaveCount(0);

  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 800 });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      expect(await flaws(page)).toEqual([]);
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  }

  const zip = await save(page, page.getByRole('button', { name: 'Export everything' }), at('bundle.zip'));
  writeFileSync(at('tsa.pem'), tsa.pem);
  writeFileSync(at('stranger.pem'), stranger.pem);
  const bound = `Only the first ${size} entries have a bound`;
  const trusted = verify(zip, '--tsa', at('tsa.pem'));
  expect(trusted.code).toBe(0);
  expect(trusted.report.verdicts).toMatchObject({ integrity: 'pass', time: 'unknown' });
  expect(trusted.report.reasons['time']).toContain(bound);
  const other = verify(zip, '--tsa', at('stranger.pem'));
  expect(other.report.verdicts['time']).toBe('fail');
  expect(other.code).toBe(1);

  // The same on the Verify page.
  await page.goto('/#/verify');
  await page.getByLabel(/^Drop a bundle here/).setInputFiles(zip);
  await expect(page.getByRole('heading', { name: /^Intact, but nobody/ })).toBeVisible();
  const certificate = page.getByLabel('Choose a certificate');
  await certificate.setInputFiles(at('tsa.pem'));
  await expect(page.getByText(bound, { exact: false })).toBeVisible();
  await certificate.setInputFiles(at('stranger.pem'));
  await expect(page.getByRole('heading', { name: 'Not verified' })).toBeVisible();
  await expect(page.getByRole('cell', { name: /^The timestamp token proves nothing/ })).toBeVisible();
});
