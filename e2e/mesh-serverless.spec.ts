import { chromium, type Browser, type Page } from '@playwright/test';
import { CHROMIUM_ARGS, findChromium } from '../scripts/lib/browsers.mjs';
import { expect, test } from './lib/fixtures';
import { device, links, view } from './lib/members';
import { expectDirect } from './lib/mesh';
import { call, joinNode, openApp } from './lib/node';
import { serveStatic } from './lib/static-app';

let server: Awaited<ReturnType<typeof serveStatic>>;
/** Two browsers that share nothing but the network. */
let browsers: Browser[];
test.beforeAll(async () => {
  const executablePath = findChromium()!;
  server = await serveStatic();
  browsers = await Promise.all([0, 1].map(() => chromium.launch({ executablePath, args: CHROMIUM_ARGS })));
});
test.afterAll(async () => {
  await Promise.all(browsers.map((browser) => browser.close()));
  await server.close();
});

const open = async (i: number): Promise<Page> => device(await browsers[i]!.newContext({ baseURL: server.origin }));
/** What a person copies from one screen and pastes on another. */
const shown = (page: Page, label: string): Promise<string> => page.getByLabel(label, { exact: true }).inputValue();

async function confirm(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { name: `Is this ${name}?` }).waitFor();
  await page.getByRole('button', { name: 'Yes, the words are the same' }).click();
}

/** Direct, over the browsers' own account, with each one's log head heard by gossip and the same list of members. */
async function expectTogether(pages: readonly Page[]): Promise<void> {
  for (const page of pages) {
    await expect.poll(() => links(page)).toEqual(['direct']);
    await expect
      .poll(async () => (await view(page)).members.filter(({ self }) => !self).map(({ head }) => (head?.size ?? 0) > 0))
      .toEqual([true]);
    const { relays, members } = await view(page);
    expect(relays).toEqual([]);
    expect(members.map(({ name }) => name).sort()).toEqual(['Desktop', 'Phone']);
    await expectDirect(page, 1);
  }
}

test('@chromium two browsers pair by two codes with no relay, and connect again by two more', async () => {
  const [a, b] = [await open(0), await open(1)];
  for (const page of [a, b]) await page.goto('/#/mesh');
  const create = a.getByRole('form', { name: 'Create a mesh' });
  await create.getByLabel('What this device is called').fill('Desktop');
  await create.getByLabel('Without any server').check();
  await create.getByRole('button', { name: 'Create the mesh' }).click();
  await a.getByRole('button', { name: 'Both devices are here' }).click();
  const offer = await shown(a, 'Link');
  expect(offer).toMatch(/#join=sno1\.[\w-]{200,400}$/);

  await b.goto(offer);
  const join = b.getByRole('form', { name: 'Join a mesh' });
  await expect(join.getByText('Desktop')).toBeVisible();
  // Not in the address bar, where others may see it.
  expect(b.url()).not.toContain('sno1');
  await join.getByLabel('What this device is called').fill('Phone');
  await join.getByRole('button', { name: 'Show my answer' }).click();
  const answer = await shown(b, 'Answer');

  await a.getByRole('button', { name: 'It shows its answer now' }).click();
  await a.getByLabel('Answer of the other device').fill(`${answer.slice(0, -3)}AAA`);
  await a.getByRole('button', { name: 'Connect', exact: true }).click();
  await a.getByText('This is not a whole answer.').waitFor();
  await a.getByLabel('Answer of the other device').fill(answer);
  await a.getByRole('button', { name: 'Connect', exact: true }).click();
  await confirm(a, 'Phone');
  await confirm(b, 'Desktop');
  await expectTogether([a, b]);
  // It was good once.
  expect((await view(a)).invitations).toEqual([]);
  await expect(call(a, 'AcceptLink', { text: answer })).rejects.toMatchObject({ code: 'invitation_used' });
  expect(await call(a, 'MeshDial', { addr: (await view(b)).self!.peer })).toBe('Connected to Phone directly.');

  // With the tab goes the link, and two codes make another; who begins is of no matter.
  const { context } = { context: b.context() };
  await b.close();
  await expect.poll(() => links(a)).toEqual(['none']);
  const again = await context.newPage();
  await openApp(again, '/#/mesh');
  await joinNode(again);
  await again.getByRole('button', { name: 'Show a code' }).click();
  const second = await shown(again, 'Link');
  await a.getByRole('button', { name: 'Answer a code' }).click();
  await a.getByLabel('Code of the other device').fill(second);
  await a.getByRole('button', { name: 'Answer it' }).click();
  const back = await shown(a, 'Answer');
  await again.getByRole('button', { name: 'It shows its answer now' }).click();
  await again.getByLabel('Answer of the other device').fill(back);
  await again.getByRole('button', { name: 'Connect', exact: true }).click();
  await expectTogether([a, again]);
  // Nothing but files was asked of the server, and what it does not have it was asked for in vain.
  expect(server.asked.filter((line) => /sno1|sna1/.test(line))).toEqual([]);
});
