import { test as base, expect, type BrowserContext } from '@playwright/test';

/** What a page said that a working page does not say. */
export interface Complaints {
  /** Content-Security-Policy and Trusted Types violations, as `directive: what was blocked`. */
  violations: string[];
  /** Uncaught errors and console errors, of the page and its dedicated workers. */
  errors: string[];
}

/** Collects complaints of every page that the context opens from now on. */
export async function collectComplaints(context: BrowserContext): Promise<Complaints> {
  const complaints: Complaints = { violations: [], errors: [] };
  await context.exposeBinding('reportViolation', (_source, violation: string) => {
    complaints.violations.push(violation);
  });
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      const page = globalThis as unknown as { reportViolation(text: string): Promise<void> };
      void page.reportViolation(`${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`);
    });
  });
  context.on('weberror', (error) => complaints.errors.push(String(error.error())));
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.errors.push(message.text());
    // A worker has no init script; the browser's own words in the console are all there is.
    if (/content security policy|trusted ?(type|script)/i.test(message.text()))
      complaints.violations.push(message.text());
  });
  return complaints;
}

/**
 * Every test fails on a violation of the CSP and on an error that nobody handled. A test that provokes one takes it
 * out of `complaints` itself.
 */
export const test = base.extend<{ complaints: Complaints }>({
  complaints: [
    async ({ context }, use) => {
      const complaints = await collectComplaints(context);
      await use(complaints);
      expect(complaints).toEqual({ violations: [], errors: [] });
    },
    { auto: true },
  ],
});

export { expect };
