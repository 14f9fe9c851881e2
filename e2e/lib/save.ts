import { writeFileSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';

/** Clicks, and saves what the page hands to the browser's download. Firefox ESR tells the driver of no downloads. */
export async function save(page: Page, button: Locator, path: string): Promise<string> {
  await page.evaluate(() => {
    const native = URL.createObjectURL.bind(URL);
    const self = globalThis as unknown as { handedOut: Promise<string> };
    self.handedOut = new Promise((resolve) => {
      URL.createObjectURL = (blob: Blob) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result as string);
        reader.readAsDataURL(blob);
        return native(blob);
      };
    });
  });
  await button.click();
  const url = await page.evaluate(() => (globalThis as unknown as { handedOut: Promise<string> }).handedOut);
  writeFileSync(path, Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'));
  return path;
}
