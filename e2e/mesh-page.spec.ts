import type { Page } from '@playwright/test';
import { flaws } from './lib/axe';
import { expect, test } from './lib/fixtures';
import { device, pair } from './lib/members';
import { call } from './lib/node';

const THEMES = { paper: 'light', ink: 'dark' } as const;
const SIZES = [
  { width: 1280, height: 800 },
  { width: 360, height: 740 },
];

/** Of the page with everything on it that it can show. */
async function look(page: Page, name: string): Promise<void> {
  for (const [theme, colorScheme] of Object.entries(THEMES)) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.evaluate((choice) => document.documentElement.setAttribute('data-theme', choice), theme);
    for (const size of SIZES) {
      await page.setViewportSize(size);
      expect(await flaws(page), `${name}, ${theme}, ${size.width}`).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(size.width);
      await page.screenshot({ path: `test-results/mesh-${name}-${theme}-${size.width}.png`, fullPage: true });
    }
  }
}

test('@chromium the Mesh page: clean for axe and at phone width, alone and with a member; every step of its diagnosis', async ({
  browser,
  baseURL,
}) => {
  const [left, right] = [await browser.newContext(), await browser.newContext()];
  const [a, b] = [await device(left), await device(right)];
  await a.goto('/#/mesh');
  await expect(a.getByRole('button', { name: 'Create the mesh' })).toBeVisible();
  await look(a, 'none');

  await call(a, 'CreateMesh', { name: 'Desktop', relays: [baseURL!] });
  await pair(a, b, 'Phone');
  const phone = a.getByRole('listitem', { name: 'Phone' });
  await expect(phone.getByText(/Connected directly/)).toBeVisible();
  await expect(a.getByRole('img', { name: /Phone: connected directly/ })).toBeVisible();
  await expect(a.getByRole('listitem').filter({ hasText: '/tcp/' }).getByText('Connected')).toBeVisible();
  await a.getByRole('button', { name: 'Check each step' }).click();
  await expect(a.getByText('1 connected directly, past the relay.')).toBeVisible();
  for (const words of [
    /member of a mesh/,
    /1 of 1 relays answer/,
    /take the key/,
    /holds a place/,
    /knows its address/,
  ]) {
    await expect(a.getByText(words)).toBeVisible();
  }
  await look(a, 'two');
  await b.goto('/#/mesh');
  await expect(b.getByRole('listitem', { name: 'Desktop' }).getByText(/Connected directly/)).toBeVisible();
  await look(b, 'member');

  // Only a second word removes a relay.
  const remove = a.getByRole('button', { name: /^Remove \// });
  const asked = a.getByRole('dialog', { name: 'Remove this relay?' });
  await remove.click();
  await asked.getByRole('button', { name: 'Cancel' }).click();
  await expect(asked).toHaveCount(0);
  await expect(remove).toHaveCount(1);
  await remove.click();
  await asked.getByRole('button', { name: 'Remove the relay' }).click();
  await expect(remove).toHaveCount(0);
  await left.close();
  await right.close();
});
