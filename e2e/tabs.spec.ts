import type { Page } from '@playwright/test';
import { expect, test } from './lib/fixtures';
import { call, joinNode, openApp, putBlob } from './lib/node';
import { killSharedWorkers, sharedWorkers } from './lib/renderers';

/** Waits until so many tabs lend the node their host. */
const tabs = (page: Page, count: number): Promise<void> =>
  expect.poll(async () => (await call(page, 'GetStatus')).tabs).toBe(count);

test('two tabs share one node, and see the same log grow', async ({ page, context }) => {
  await openApp(page);
  const second = await context.newPage();
  await openApp(second);
  await joinNode(page);
  await joinNode(second);
  const [a, b] = [await call(page, 'GetStatus'), await call(second, 'GetStatus')];
  expect(a.node_id).toBe(b.node_id);
  // A tab lends its host on its own time, not before it says that the node is ready.
  await tabs(second, 2);
  const input = await putBlob(page, [1, 2, 3]);
  const { seq } = await call(page, 'RunSkill', { skill: 'hash-file', input_sha256: input });
  expect((await call(second, 'GetEntry', { seq })).entry.type).toBe('EXECUTION_COMPLETED');
});

test('a tab that closes in the middle of a skill run: another tab takes over, and the run ends well', async ({
  page,
  context,
}) => {
  await openApp(page);
  await joinNode(page);
  await tabs(page, 1);
  const second = await context.newPage();
  await openApp(second);
  await joinNode(second);
  await tabs(second, 2);
  // The first tab lent its host first, so the run is under it.
  const rows = Array.from({ length: 60_000 }, (_, i) => `${String(i)},${String(i % 7)}`).join('\n');
  const input = await putBlob(second, [...new TextEncoder().encode(`a,b\n${rows}\n`)]);
  const running = call(second, 'RunSkill', { skill: 'csv-summary', input_sha256: input });
  const authorized = { limit: 1, filter: { type: 'EXECUTION_AUTHORIZED' } } as const;
  await expect.poll(async () => (await call(second, 'ListEntries', authorized)).entries.length).toBe(1);
  await page.close();
  expect((await running).outcome).toBe('ok');
  await tabs(second, 1);
});

test('a run goes on in the second tab when the first one closes', async ({ page, context }) => {
  await openApp(page);
  const second = await context.newPage();
  await openApp(second);
  await joinNode(second);
  await page.getByRole('button', { name: 'Run the Iron Path' }).click();
  await expect.poll(async () => (await call(second, 'ListRuns')).length).toBe(1);
  await page.close();
  await expect.poll(async () => (await call(second, 'ListRuns'))[0]?.state).toBe('awaiting_approval');
});

test('without SharedWorker the tabs share one node all the same', async ({ context }) => {
  await context.addInitScript(() => {
    delete (globalThis as { SharedWorker?: unknown }).SharedWorker;
  });
  const first = await context.newPage();
  await openApp(first, '/#/settings');
  const second = await context.newPage();
  await openApp(second, '/#/settings');
  const id = (page: typeof first) => page.getByRole('main').locator('code').first().textContent();
  expect(await id(second)).toBe(await id(first));
  await first.close();
  // No reload: the node is being made in this tab now.
  await second.getByRole('navigation').getByRole('link', { name: /^Home/ }).first().click();
  await second.getByRole('button', { name: 'Run the Iron Path' }).click();
  await expect(second.getByText('Needs you').first()).toBeVisible();
});

test('@chromium the renderer that the node runs in crashes: its tabs hear of it, and make the node again', async ({
  browser,
  context,
  page,
}) => {
  // The one of the test before takes a moment to end.
  await expect.poll(() => sharedWorkers(browser)).toEqual([]);
  await openApp(page);
  await joinNode(page);
  const { node_id: id } = await call(page, 'GetStatus');
  const second = await context.newPage();
  await openApp(second);
  await tabs(page, 2);
  const lives = (): Promise<string[]> =>
    second.evaluate(async () =>
      ((await navigator.locks.query()).held ?? [])
        .map(({ name }) => name!)
        .filter((name) => name.startsWith('sovereign-worker-')),
    );
  const [before] = await lives();
  expect(await killSharedWorkers(browser)).toBe(1);
  // Another worker, which nobody but the app can have made.
  await expect.poll(async () => (await lives()).filter((name) => name !== before)).toHaveLength(1);
  await joinNode(second);
  await tabs(second, 2);
  for (const tab of [page, second]) await expect(tab.getByText('Ready', { exact: true }).first()).toBeVisible();
  expect(await call(second, 'GetStatus')).toMatchObject({ node_id: id, phase: 'ready' });
  expect(await call(second, 'VerifyLog')).toMatchObject({ ok: true, problem: null });
});
