import { expect, test } from './lib/fixtures';
import { links, twoMembers, view } from './lib/members';
import { directTransports, expectDirect } from './lib/mesh';
import { call, joinNode, openApp } from './lib/node';

test('@chromium two profiles pair over the relay and link directly; the tab that held the link closes, and another takes over', async ({
  browser,
  baseURL,
}) => {
  const [a, b] = await twoMembers(browser, baseURL!);
  // By the browser's own account, not the node's.
  for (const page of [a, b]) await expectDirect(page, 1);
  const { peer } = (await view(a)).members.find(({ self }) => !self)!;
  expect(await call(a, 'MeshDial', { addr: peer })).toBe('Connected to Phone directly.');

  const left = a.context();
  const second = await left.newPage();
  await openApp(second);
  await joinNode(second);
  await expect.poll(async () => (await call(second, 'GetStatus')).tabs).toBe(2);
  expect(await directTransports(second)).toEqual([]);
  await a.close();
  await expect.poll(async () => (await directTransports(second)).length).toBe(1);
  for (const page of [second, b]) await expect.poll(() => links(page)).toEqual(['direct']);
  expect(await call(b, 'MeshDial', { addr: (await view(second)).self!.peer })).toBe('Connected to Desktop directly.');
  await left.close();
  await expect.poll(() => links(b)).toEqual(['none']);
  await b.context().close();
});
