import { chromium, type Browser, type Page } from '@playwright/test';
import { peerIdOf } from '../src/mesh/peer-id';
import { CHROMIUM_ARGS, findChromium } from '../scripts/lib/browsers.mjs';
import { expect, test } from './lib/fixtures';
import { device, links, pair, view } from './lib/members';
import { directTransports } from './lib/mesh';
import { call } from './lib/node';

let other: Browser;
test.beforeAll(async () => {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('no Chromium');
  other = await chromium.launch({ executablePath, args: CHROMIUM_ARGS });
});
test.afterAll(() => other.close());

const peerOf = async (page: Page): Promise<string> => {
  const { node } = (await call(page, 'GetIdentity')).publicKeys;
  return peerIdOf(Uint8Array.from(Buffer.from(node, 'hex')));
};

// The lower peer id makes the direct link: which is the lower decides whose browser offers and whose answers.
for (const offers of ['Firefox', 'Chromium']) {
  test(`@firefox Firefox and Chromium pair over the relay and link directly, ${offers} makes the link`, async ({
    context,
    baseURL,
  }) => {
    const fox = await device(context);
    const foxPeer = await peerOf(fox);
    const chrome = await until(async () => {
      const page = await device(await other.newContext({ baseURL: baseURL! }));
      const foxIsLower = foxPeer < (await peerOf(page));
      if (foxIsLower === (offers === 'Firefox')) return page;
      await page.context().close();
      return undefined;
    });

    await call(fox, 'CreateMesh', { name: 'Laptop', relays: [baseURL!] });
    await pair(fox, chrome, 'Phone');
    for (const page of [fox, chrome]) await expect.poll(() => links(page)).toEqual(['direct']);
    // By the browsers' own account, not the nodes'.
    for (const page of [fox, chrome]) {
      await expect.poll(async () => (await directTransports(page)).length).toBe(1);
      const [transport] = await directTransports(page);
      expect(transport!.state).toBe('succeeded');
      expect([transport!.local, transport!.remote]).not.toContain('relay');
      expect(transport!.bytesSent).toBeGreaterThan(0);
      expect(transport!.bytesReceived).toBeGreaterThan(0);
    }
    for (const [from, to, name] of [[fox, chrome, 'Phone'] as const, [chrome, fox, 'Laptop'] as const]) {
      const { peer } = (await view(to)).self!;
      expect(await call(from, 'MeshDial', { addr: peer })).toBe(`Connected to ${name} directly.`);
    }

    // Each end notices that the other has gone, and does so before WebRTC's own half minute.
    await chrome.context().close();
    await expect.poll(() => links(fox), { timeout: 20_000 }).toEqual(['none']);
  });
}

/** Asks until there is an answer. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
  }
}
