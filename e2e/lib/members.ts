import { expect, type Browser, type BrowserContext, type Page } from '@playwright/test';
import type { MeshView } from '../../src/protocol/mesh';
import { recordConnections } from './mesh';
import { call, joinNode, openApp } from './node';

/** Each a browser profile of its own: a tab, and its node. */
export async function device(context: BrowserContext): Promise<Page> {
  await recordConnections(context);
  const page = await context.newPage();
  await openApp(page);
  await joinNode(page);
  return page;
}

export const view = (page: Page): Promise<MeshView> => call(page, 'GetMesh');
/** How the others are reached. */
export const links = async (page: Page): Promise<string[]> =>
  (await view(page)).members.filter(({ self }) => !self).map(({ link }) => link);

/** Both owners compare and say yes. */
export async function pair(inviter: Page, joiner: Page, name: string): Promise<void> {
  await meet(inviter, joiner, name, 3);
  for (const page of [inviter, joiner]) {
    await expect.poll(async () => (await view(page)).pairings.map(({ state }) => state)).toContain('confirm');
    const pairing = (await view(page)).pairings.findLast(({ state }) => state === 'confirm')!;
    await call(page, 'ConfirmPairing', { id: pairing.id, yes: true });
  }
  await expect.poll(async () => (await view(joiner)).members.length).toBeGreaterThan(1);
}

/** Until the joiner is asked to compare. What takes too long on a busy machine fails, as for people, and is tried again. */
async function meet(inviter: Page, joiner: Page, name: string, tries: number): Promise<void> {
  const { text } = await call(inviter, 'InviteMember', { minutes: 10 });
  await call(joiner, 'JoinMesh', { text, name });
  const newest = async () => (await view(joiner)).pairings.at(-1)?.state;
  await expect.poll(async () => (await newest()) ?? 'connecting').not.toBe('connecting');
  if ((await newest()) === 'failed' && tries > 1) await meet(inviter, joiner, name, tries - 1);
}

/** Two browser profiles, each with a node: Desktop, which keeps a mesh over this relay, and Phone, linked directly. */
export async function twoMembers(browser: Browser, relay: string): Promise<[Page, Page]> {
  const a = await device(await browser.newContext());
  const b = await device(await browser.newContext());
  await call(a, 'CreateMesh', { name: 'Desktop', relays: [relay] });
  await pair(a, b, 'Phone');
  for (const page of [a, b]) await expect.poll(() => links(page)).toEqual(['direct']);
  return [a, b];
}
