/** Rows of the attack table (src/attacks.test.ts) where a browser is the place of the attack. */
import { strFromU8, unzipSync } from 'fflate';
import type { Page } from '@playwright/test';
import { collectComplaints, expect, test } from './lib/fixtures';
import { ask, call, exported, joinNode, openApp, putBlob, sendFrame } from './lib/node';

const keyIn = (zip: Uint8Array): string => {
  const files = unzipSync(zip);
  return strFromU8(files[Object.keys(files).find((path) => path.endsWith('keys/governance.pub.pem'))!]!);
};

async function toVerify(page: Page): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name: 'Verify' }).first().click();
}
const pick = (page: Page, name: string, buffer: Buffer): Promise<void> =>
  page.getByLabel(/^Drop a bundle here/).setInputFiles({ name, mimeType: 'application/zip', buffer });

const FORBID = '@id("no-hashing")\nforbid (principal, action == Action::"run_skill", resource == Skill::"hash-file");';

test('switch the runtime off: no request and no frame to the worker does', async ({ page, context }) => {
  await openApp(page);
  await joinNode(page);
  const input = await putBlob(page, [1]);
  const { current } = await call(page, 'GetPolicies');
  await call(page, 'SignPolicies', { cedar: `${current.cedar}\n${FORBID}\n` });
  for (const request of ['DisableGovernance', { SetGovernance: { enabled: false } }, { Bypass: null }])
    expect(await ask(page, request)).toHaveProperty('Error');
  await call(page, 'SetSetting', { key: 'governance_enabled', value: false });
  // Comlink by itself sets what lies on a path from the object behind the port, for whoever has one.
  for (const name of ['governance_enabled', 'enabled', 'bypass']) {
    const value = { type: 'RAW', value: name === 'bypass' };
    for (const path of [[name], ['request', name], ['constructor', 'prototype', name]])
      await sendFrame(page, { type: 'SET', path, value });
  }
  const other = await context.newPage();
  await openApp(other);
  await joinNode(other);
  for (const client of [page, other])
    await expect(call(client, 'RunSkill', { skill: 'hash-file', input_sha256: input })).rejects.toMatchObject({
      code: 'denied',
    });
});

test('replay an order: no request takes one, whoever has it', async ({ page }) => {
  await openApp(page);
  await joinNode(page);
  const input = await putBlob(page, [1]);
  expect((await call(page, 'RunSkill', { skill: 'hash-file', input_sha256: input })).outcome).toBe('ok');
  const authorized = async () =>
    (await call(page, 'ListEntries', { limit: 100, filter: { type: 'EXECUTION_AUTHORIZED' } })).entries;
  const before = await authorized();
  const { order } = before[0]!.entry.data as { order: object };
  for (const request of [
    { RunSkill: { skill: 'hash-file', input_sha256: input, order } },
    { RunSkill: order },
    { Execute: { order } },
    order,
  ])
    for (let i = 0; i < 50; i++) expect(await ask(page, request)).toHaveProperty('Error');
  expect(await authorized()).toHaveLength(before.length);
});

test('a bundle invented from nothing: on the Verify page it is nobody’s, and not the owner’s', async ({
  page,
  browser,
  baseURL,
}) => {
  await openApp(page);
  await joinNode(page);
  const owner = keyIn(await exported(page));
  // Another node altogether, which says what it likes of itself.
  const elsewhere = await browser.newContext({ baseURL: baseURL! });
  await collectComplaints(elsewhere);
  const attacker = await elsewhere.newPage();
  await openApp(attacker);
  await joinNode(attacker);
  const invented = await exported(attacker);
  await elsewhere.close();
  await toVerify(page);
  await pick(page, 'bundle.zip', invented);
  await expect(page.getByRole('heading', { name: 'Intact, but nobody vouches for it' })).toBeVisible();
  await page.getByRole('textbox').first().fill(owner);
  await page.getByRole('button', { name: 'Check with these' }).click();
  await expect(page.getByRole('heading', { name: 'Not verified' })).toBeVisible();
  await expect(page.getByText(/another governance key than the one that you gave/).first()).toBeVisible();
});

test('a tampered bundle and a garbage file on the Verify page', async ({ page }) => {
  await openApp(page);
  await joinNode(page);
  const zip = await exported(page);
  const at = zip.indexOf('log/entries.jsonl') + 200;
  zip[at]! ^= 1;
  await toVerify(page);
  await pick(page, 'bundle.zip', zip);
  await expect(page.getByRole('heading', { name: 'Not verified' })).toBeVisible();
  await pick(page, 'garbage.zip', Buffer.alloc(5_000, 'x'));
  await expect(page.getByText('This could not be checked')).toBeVisible();
});
