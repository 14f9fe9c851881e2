import { chromium, type Browser, type Page } from '@playwright/test';
import { peerIdOf } from '../src/mesh/peer-id';
import { CHROMIUM_ARGS, findChromium } from '../scripts/lib/browsers.mjs';
import { collectComplaints, expect, test, type Complaints } from './lib/fixtures';
import { device, links, pair, view } from './lib/members';
import { expectDirect } from './lib/mesh';
import { call } from './lib/node';

let other: Browser;
test.beforeAll(async () => {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('no Chromium');
  other = await chromium.launch({ executablePath, args: CHROMIUM_ARGS });
});
test.afterAll(() => other.close());

interface Side {
  page: Page;
  peer: string;
  complaints: Complaints;
}

async function side(browser: Browser, baseURL: string): Promise<Side> {
  const context = await browser.newContext({ baseURL });
  const complaints = await collectComplaints(context);
  const page = await device(context);
  const { node } = (await call(page, 'GetIdentity')).publicKeys;
  return { page, peer: peerIdOf(Uint8Array.from(Buffer.from(node, 'hex'))), complaints };
}

// The lower peer id makes the direct link: which is the lower decides whose browser offers and whose answers.
for (const offers of ['Firefox', 'Chromium']) {
  test(`@firefox Firefox and Chromium pair over the relay and link directly, ${offers} makes the link`, async ({
    browser,
    baseURL,
  }) => {
    const isRight = (fox: Side, chrome: Side): boolean => fox.peer < chrome.peer === (offers === 'Firefox');
    const [foxes, chromes] = [[await side(browser, baseURL!)], [await side(other, baseURL!)]];
    // Ids are random: one more on each side, until two of them are the right way round.
    const found = (): Side[] | undefined =>
      foxes.flatMap((fox) => chromes.filter((chrome) => isRight(fox, chrome)).map((chrome) => [fox, chrome]))[0];
    while (!found()) {
      foxes.push(await side(browser, baseURL!));
      if (!found()) chromes.push(await side(other, baseURL!));
    }
    const [{ page: fox }, { page: chrome }] = found() as [Side, Side];

    await call(fox, 'CreateMesh', { name: 'Laptop', relays: [baseURL!] });
    await pair(fox, chrome, 'Phone');
    for (const page of [fox, chrome]) await expect.poll(() => links(page)).toEqual(['direct']);
    // By the browsers' own account, not the nodes'.
    for (const page of [fox, chrome]) await expectDirect(page, 1);
    for (const [from, to, name] of [[fox, chrome, 'Phone'] as const, [chrome, fox, 'Laptop'] as const]) {
      const { peer } = (await view(to)).self!;
      expect(await call(from, 'MeshDial', { addr: peer })).toBe(`Connected to ${name} directly.`);
    }

    // That the other has gone is noticed too.
    await chrome.context().close();
    await expect.poll(() => links(fox)).toEqual(['none']);
    for (const { page, complaints } of [...foxes, ...chromes]) {
      expect(complaints).toEqual({ violations: [], errors: [] });
      await page.context().close();
    }
  });
}
