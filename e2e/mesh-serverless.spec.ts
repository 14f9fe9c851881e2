import { chromium, type Browser, type Page } from '@playwright/test';
import { CHROMIUM_ARGS, findChromium } from '../scripts/lib/browsers.mjs';
import { expect, test } from './lib/fixtures';
import { device, links, view } from './lib/members';
import { directTransports } from './lib/mesh';
import { call } from './lib/node';
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

async function confirm(page: Page): Promise<void> {
  await expect.poll(async () => (await view(page)).pairings.map(({ state }) => state)).toContain('confirm');
  const pairing = (await view(page)).pairings.find(({ state }) => state === 'confirm')!;
  await call(page, 'ConfirmPairing', { id: pairing.id, yes: true });
}

test('@chromium two browsers pair by two codes with no relay, and link again by two more', async () => {
  const [a, b] = [await open(0), await open(1)];
  await call(a, 'CreateMesh', { name: 'Desktop', relays: [] });
  const offer = await call(a, 'OfferLink', { invite: true });
  expect(offer.text.length).toBeLessThan(420);
  expect(await call(b, 'ReadInvitation', { text: offer.text })).toMatchObject({ name: 'Desktop', by: 'codes' });
  const answer = await call(b, 'AnswerLink', { text: offer.text, name: 'Phone' });
  await call(a, 'AcceptLink', { text: answer.text });
  for (const page of [a, b]) await confirm(page);
  for (const page of [a, b]) {
    await expect.poll(() => links(page)).toEqual(['direct']);
    expect((await view(page)).relays).toEqual([]);
    const [transport] = await directTransports(page);
    expect([transport!.local, transport!.remote]).not.toContain('relay');
  }
});
