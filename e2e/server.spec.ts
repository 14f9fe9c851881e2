import { readFileSync } from 'node:fs';
import { expect, test } from './lib/fixtures';
import { save } from './lib/save';

const SKILL_CSP = "default-src 'none'; script-src 'wasm-unsafe-eval'";

test.describe('the served app', () => {
  test('is isolated, and its policy forbids what it says', async ({ page, complaints }) => {
    await page.goto('/');
    const seen = await page.evaluate(async () => {
      const thrown = (task: () => unknown): string => {
        try {
          task();
          return 'allowed';
        } catch (error) {
          return (error as Error).name;
        }
      };
      // A debugger's own call may evaluate whatever the policy says; what runs after it may not.
      await new Promise((resolve) => requestAnimationFrame(resolve));
      return {
        isolated: crossOriginIsolated,
        eval: thrown(() => Reflect.construct(Function, ['return 1'])),
        worker: thrown(() => new Worker('https://example.com/x.js')),
        fetch: await fetch('https://example.com/').then(
          () => 'allowed',
          (error: unknown) => (error as Error).name,
        ),
      };
    });
    expect(seen.isolated).toBe(true);
    expect(seen.eval).not.toBe('allowed');
    expect(seen.worker).not.toBe('allowed');
    expect(seen.fetch).toBe('TypeError');
    complaints.violations.length = 0;
    complaints.errors.length = 0;
  });

  test('works without a network after the first visit, with the skill worker under its own policy', async ({
    page,
    context,
  }) => {
    await page.goto('/');
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await page.reload();
    await expect(page.locator('#app')).not.toBeEmpty();
    const script = await page.evaluate(async () => {
      for (const name of await caches.keys()) {
        for (const request of await (await caches.open(name)).keys()) {
          if (/\/assets\/skill-[\w-]+\.js/.test(request.url)) return request.url;
        }
      }
      return undefined;
    });
    expect(script).toBeDefined();
    await context.setOffline(true);
    const headers = await page.evaluate(async (url) => {
      const response = await fetch(url);
      return {
        csp: response.headers.get('content-security-policy'),
        coep: response.headers.get('cross-origin-embedder-policy'),
      };
    }, script!);
    expect(headers).toEqual({ csp: SKILL_CSP, coep: 'require-corp' });
    await page.reload();
    await expect(page.locator('#app')).not.toBeEmpty();
    await expect(page.getByRole('heading').first()).toBeVisible();
    // An auditor takes the verifier with him, to the byte as it was built.
    await page.goto('/#/verify');
    const button = page.getByRole('button', { name: 'Download sovereign-verify.mjs' });
    const saved = await save(page, button, test.info().outputPath('sovereign-verify.mjs'));
    expect(readFileSync(saved).equals(readFileSync('dist/app/sovereign-verify.mjs'))).toBe(true);
  });
});
