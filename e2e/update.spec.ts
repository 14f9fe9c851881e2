import { expect, test } from './lib/fixtures';
import { call, joinNode, openApp, putBlob } from './lib/node';

test('a new version beside an old one: one writer, and the old tab says that it needs a reload', async ({
  page,
  context,
}) => {
  await openApp(page);
  await joinNode(page);
  const { node_id, log } = await call(page, 'GetStatus');
  const young = await context.newPage();
  // An update brings another SharedWorker, because its address changes; another name does the same.
  await young.addInitScript(() => {
    const Native = SharedWorker;
    Object.defineProperty(globalThis, 'SharedWorker', {
      value: function (url: string | URL, options: WorkerOptions) {
        return new Native(url, { ...options, name: 'next' });
      },
    });
  });
  await openApp(young);
  await expect(page.getByText(/reload/i).first()).toBeVisible();
  expect((await call(page, 'GetStatus')).phase).toBe('reload_needed');
  await expect(call(page, 'MakeCheckpoint')).rejects.toMatchObject({ code: 'reload_needed' });
  await expect(putBlob(page, [1])).resolves.toBeUndefined();

  // The old one is gone after the reload it asks for; the log went on without a break.
  await young.close();
  await page.reload();
  await openApp(page);
  await joinNode(page);
  const after = await call(page, 'GetStatus');
  expect(after).toMatchObject({ phase: 'ready', node_id });
  expect(after.log!.size).toBeGreaterThan(log!.size);
  expect(await call(page, 'VerifyLog')).toMatchObject({ ok: true, problem: null });
});
