import { readFileSync } from 'node:fs';
import { expect, test } from './lib/fixtures';
import { openApp } from './lib/node';

const BUNDLE = 'docs/vectors/seed/compliance_bundle.json';
const LOG = 'docs/vectors/seed/immutable_audit.jsonl';

test("the Verify page reads the seed's files: intact, unauthenticated, or the block that was changed", async ({
  page,
}) => {
  await openApp(page);
  await page.getByRole('navigation').getByRole('link', { name: 'Verify' }).first().click();
  const pick = page.getByLabel(/^Drop a bundle here/);
  const pass = page.getByText('intact, unauthenticated', { exact: false });
  for (const [file, blocks] of [
    [BUNDLE, '21 blocks'],
    [LOG, '5 blocks'],
  ] as const) {
    await pick.setInputFiles(file);
    await expect(page.getByRole('heading', { name: 'Intact, but nobody vouches for it' })).toBeVisible();
    await expect(page.getByText(blocks)).toBeVisible();
    await expect(pass).toBeVisible();
  }
  const tampered = readFileSync(BUNDLE, 'utf8').replace('"success"', '"failure"');
  await pick.setInputFiles({ name: 'bundle.json', mimeType: 'application/json', buffer: Buffer.from(tampered) });
  await expect(page.getByRole('heading', { name: 'Not verified' })).toBeVisible();
  await expect(page.getByRole('cell', { name: /^Block 5: it was changed after it was hashed/ })).toBeVisible();
});
