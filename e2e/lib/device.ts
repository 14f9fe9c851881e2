import type { BrowserContext, Locator, Page } from '@playwright/test';
import type { MemberView, MeshView } from '../../src/protocol/mesh';
import { collectComplaints, expect, type Complaints } from './fixtures';
import { directTransports, expectDirect, recordConnections } from './mesh';
import { call, joinNode, openApp } from './node';
import { Profile } from './profile';

/** A person's device: a Chromium with a profile of its own on disk, a tab of the app, and its node. */
export class Device {
  readonly name: string;
  readonly #origin: string;
  readonly #profile: Profile;
  readonly #complaints: Complaints[] = [];
  context!: BrowserContext;
  page!: Page;

  private constructor(name: string, origin: string, profile: Profile) {
    this.name = name;
    this.#origin = origin;
    this.#profile = profile;
  }

  static async start(name: string, origin: string): Promise<Device> {
    const device = new Device(name, origin, await Profile.create());
    await device.open();
    return device;
  }

  /** Starts the browser, with what the profile holds. */
  async open(): Promise<void> {
    this.context = await this.#profile.open();
    // As `expect` has it: what does not come in that time is told where it was waited for.
    this.context.setDefaultTimeout(240_000);
    this.#complaints.push(await collectComplaints(this.context));
    await recordConnections(this.context);
    this.page = await this.tab();
  }

  /** Another tab of the same browser. */
  async tab(): Promise<Page> {
    const page = await this.context.newPage();
    await openApp(page, this.#origin);
    await joinNode(page);
    return page;
  }

  /** Loads its page anew, and its node with it. */
  async reload(): Promise<void> {
    await this.page.close();
    this.page = await this.tab();
  }

  /** Without a word to anybody, like a battery that runs out. */
  kill(): Promise<void> {
    return this.#profile.kill();
  }

  /** Ends it. */
  remove(): Promise<void> {
    return this.#profile.remove();
  }

  /** What its pages said that working pages do not say. */
  get violations(): string[] {
    return this.#complaints.flatMap(({ violations }) => violations);
  }

  get errors(): string[] {
    return this.#complaints.flatMap(({ errors }) => errors);
  }

  /** Another screen, by the menu. */
  async show(screen: string): Promise<void> {
    const link = this.page
      .getByRole('navigation')
      .getByRole('link', { name: new RegExp(`^${screen}`) })
      .first();
    await link.click();
    await expect(link).toHaveAttribute('aria-current', 'page');
  }

  view(): Promise<MeshView> {
    return call(this.page, 'GetMesh');
  }

  /** Another member, as this device sees it. */
  async sees(other: Device): Promise<MemberView | undefined> {
    return (await this.view()).members.find(({ name }) => name === other.name);
  }

  async link(other: Device): Promise<MemberView['link'] | undefined> {
    return (await this.sees(other))?.link;
  }

  /** Its card in the list of members, on the page. */
  card(other: Device): Locator {
    return this.page.getByRole('listitem', { name: other.name, exact: true });
  }

  /** How the browser's own connections run, by its statistics. */
  transports(page: Page = this.page) {
    return directTransports(page);
  }
}

/** Creates a mesh, by clicks. */
export async function createMesh(device: Device): Promise<void> {
  const { page, name } = device;
  await device.show('Mesh');
  const form = page.getByRole('form', { name: 'Create a mesh' });
  await form.getByLabel('What this device is called').fill(name);
  await form.getByRole('button', { name: 'Create the mesh' }).click();
  await expect(device.card(device)).toContainText('Keeper');
}

/** One invites, the other opens the link, and both compare the words and say yes: by clicks. */
export async function pair(inviter: Device, joiner: Device): Promise<void> {
  await inviter.show('Mesh');
  await inviter.page.getByRole('button', { name: 'Invite a device' }).click();
  const link = await inviter.page.getByRole('dialog').getByLabel('Link').inputValue();
  await joiner.page.goto(link);
  const form = joiner.page.getByRole('form', { name: 'Join a mesh' });
  const words = await wordsOf(form, 'Its words');
  await expect(form).toContainText(inviter.name);
  // The invitation is a secret: it does not stay where other people and tabs can read it.
  expect(joiner.page.url()).not.toContain('join=');
  await form.getByLabel('What this device is called').fill(joiner.name);
  await form.getByRole('button', { name: 'Ask to join' }).click();

  const [here, there] = [asks(inviter, joiner), asks(joiner, inviter)];
  await expect(here).toBeVisible();
  await expect(there).toBeVisible();
  expect(await wordsOf(there, 'Words of the other device')).toBe(words);
  expect(await wordsOf(here, 'Words of this device')).toBe(words);
  expect(await wordsOf(here, 'Words of the other device')).toBe(await wordsOf(there, 'Words of this device'));
  // One yes is not enough.
  await yes(here);
  await expect(inviter.page.getByText(`Waiting for the yes on ${joiner.name}`)).toBeVisible();
  expect((await inviter.view()).members.map(({ name }) => name)).not.toContain(joiner.name);
  await yes(there);
  for (const { page } of [inviter, joiner]) {
    const done = page.getByText(/ and this device are in one mesh/);
    await expect(done).toBeVisible();
    await page.getByRole('main').getByRole('button', { name: 'Dismiss' }).click();
    await expect(done).toHaveCount(0);
  }
}

const asks = ({ page }: Device, other: Device): Locator => page.getByRole('region', { name: `Is this ${other.name}?` });
const yes = (pairing: Locator): Promise<void> =>
  pairing.getByRole('button', { name: 'Yes, the words are the same' }).click();

async function wordsOf(place: Locator, term: string): Promise<string> {
  const words = await place.locator('dt', { hasText: term }).locator('xpath=following-sibling::dd[1]').innerText();
  expect(words.trim().split(/\s+/)).toHaveLength(4);
  return words.trim().replace(/\s+/g, ' ');
}

/** Every two of them are linked past the relay: by the node's word on the page, and by the browser's statistics. */
export async function allDirect(devices: readonly Device[]): Promise<void> {
  for (const device of devices) {
    const others = devices.filter((other) => other !== device);
    await device.show('Mesh');
    for (const other of others) await expect(device.card(other)).toContainText('Connected directly');
    // The relay of the mesh speaks no WebRTC.
    await expectDirect(device.page, others.length);
  }
}
