import { expect, test } from './lib/fixtures';
import { openApp } from './lib/node';

test('@chromium whoever looks elsewhere is told that something waits, and no longer once it is decided', async ({
  page,
  context,
  baseURL,
}) => {
  await context.grantPermissions(['notifications'], { origin: baseURL! });
  // A headless browser has no other window to look at.
  await page.addInitScript(() => Object.defineProperty(document, 'hidden', { get: () => true }));
  await openApp(page);
  await page.goto('/#/settings/notifications');
  const wanted = page.getByRole('checkbox', { name: 'Tell me when something waits for my decision' });
  await wanted.check();
  await page.evaluate(() => navigator.serviceWorker.ready);
  const told = () =>
    page.evaluate(async () =>
      (await (await navigator.serviceWorker.ready).getNotifications()).map(({ title, body }) => `${title}: ${body}`),
    );
  expect(await told()).toEqual([]);
  await page.goto('/#/');
  await page.getByRole('button', { name: 'Run the Iron Path' }).click();
  await page.getByText('Needs you').first().waitFor();
  await expect.poll(told).toEqual(['Sovereign Node: One action waits for your decision.']);
  await page.goto('/#/approvals');
  await page.getByRole('button', { name: 'Yes, allow once' }).click();
  await expect.poll(told).toEqual([]);
  // It holds on this device until it is taken back.
  await page.reload();
  await page.goto('/#/settings/notifications');
  await expect(wanted).toBeChecked();
});
