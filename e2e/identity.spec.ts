import type { Page } from '@playwright/test';
import { expect, test } from './lib/fixtures';
import { call, joinNode, openApp } from './lib/node';

const PASSPHRASE = 'seven green lanterns by the sea';

/** The only tab reloads, its worker goes with it, and the node starts anew. */
async function restart(page: Page): Promise<void> {
  await page.goto('about:blank');
  await page.goto('/');
}

test('sealed with a passphrase by clicks: locked after a restart, a wrong one is refused, the right one opens', async ({
  page,
}) => {
  await openApp(page, '/#/settings');
  await page.getByRole('button', { name: 'Seal with a passphrase' }).click();
  const dialog = page.getByRole('dialog');
  for (const field of await dialog.locator('input[type=password]').all()) await field.fill(PASSPHRASE);
  await dialog.getByRole('button', { name: 'Seal the keys' }).click();
  await expect(page.getByText('The keys are sealed.').first()).toBeVisible();
  await restart(page);
  await expect(page.getByRole('heading', { name: 'This node is locked' })).toBeVisible();
  await page.getByLabel('Passphrase', { exact: true }).first().fill('not this one at all');
  await page.getByRole('button', { name: 'Unlock', exact: true }).click();
  await expect(page.getByText('Still locked')).toBeVisible();
  await page.getByLabel('Passphrase', { exact: true }).first().fill(PASSPHRASE);
  await page.getByRole('button', { name: 'Unlock', exact: true }).click();
  await expect(page.getByText('Ready', { exact: true }).first()).toBeVisible();
});

test('restored from the recovery phrase on a clean profile: the same node', async ({ page, browser, baseURL }) => {
  await openApp(page);
  await joinNode(page);
  const { words } = await call(page, 'GetRecoveryPhrase');
  const { node_id } = await call(page, 'GetStatus');
  const clean = await browser.newContext({ baseURL: baseURL! });
  const other = await clean.newPage();
  await openApp(other);
  await joinNode(other);
  expect((await call(other, 'GetStatus')).node_id).not.toBe(node_id);
  await call(other, 'RestorePhrase', { words });
  expect(await call(other, 'GetStatus')).toMatchObject({ phase: 'ready', node_id });
  await clean.close();
});

test('sealed with a passkey’s PRF: locked after a restart, opened by the passkey @chromium', async ({ page }) => {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasPrf: true,
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
    },
  });
  await openApp(page, '/#/settings');
  await page.getByRole('button', { name: 'Seal with a passkey' }).click();
  await expect(page.getByText('The keys are sealed.').first()).toBeVisible();
  await restart(page);
  await page.getByRole('button', { name: 'Unlock with a passkey' }).click();
  await expect(page.getByText('Ready', { exact: true }).first()).toBeVisible();
});
