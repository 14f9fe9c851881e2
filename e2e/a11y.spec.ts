import type { Page } from '@playwright/test';
import { flaws } from './lib/axe';
import { expect, test } from './lib/fixtures';
import { openApp } from './lib/node';

const SCREENS = ['', 'pipelines', 'approvals', 'audit', 'skills', 'policies', 'verify', 'settings'];
const THEMES = { paper: 'light', ink: 'dark' } as const;

for (const [theme, scheme] of Object.entries(THEMES)) {
  // What a theme changes is colours, which are the same in every browser: the dark one is judged in one of them.
  test(`axe finds nothing on any screen, ${theme}${theme === 'ink' ? ' @chromium' : ''}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await openApp(page);
    // By the attribute too: Firefox ESR's driver does not emulate the system's choice.
    await page.evaluate((name) => document.documentElement.setAttribute('data-theme', name), theme);
    for (const screen of SCREENS) {
      await show(page, screen);
      expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), screen).toBe(scheme);
      expect(await flaws(page), screen).toEqual([]);
    }
  });
}

test('every screen fits 360 px, without scrolling sideways', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto('/');
  for (const screen of SCREENS) {
    await show(page, screen);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width, screen).toBeLessThanOrEqual(360);
  }
});

test('the keyboard reaches the content first and every screen by two keys', async ({ page }) => {
  await openApp(page);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await go(page, 'p', /#\/pipelines$/);
  await go(page, 'h', /#\/$/);
});

/** By `g` and a key, which must follow soon (`SEQUENCE_MS`): where a busy machine is later, they are pressed again. */
async function go(page: Page, key: string, to: RegExp): Promise<void> {
  await expect(async () => {
    await page.keyboard.press('g');
    await page.keyboard.press(key);
    await expect(page).toHaveURL(to, { timeout: 5_000 });
  }).toPass();
}

async function show(page: Page, screen: string): Promise<void> {
  await page.goto(`/#/${screen}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
}
