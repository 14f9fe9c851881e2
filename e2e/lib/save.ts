import { writeFileSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';

/** Clicks, and saves what the page hands to the browser's download. Firefox ESR tells the driver of no downloads. */
export async function save(page: Page, button: Locator, path: string): Promise<string> {
  await page.evaluate(() => {
    const native = URL.createObjectURL.bind(URL);
    const self = globalThis as unknown as { handedOut: Promise<number[]> };
    self.handedOut = new Promise((resolve) => {
      URL.createObjectURL = (blob: Blob) => {
        void blob.arrayBuffer().then((bytes) => resolve([...new Uint8Array(bytes)]));
        return native(blob);
      };
    });
  });
  await button.click();
  const bytes = await page.evaluate(() => (globalThis as unknown as { handedOut: Promise<number[]> }).handedOut);
  writeFileSync(path, Buffer.from(bytes));
  return path;
}
