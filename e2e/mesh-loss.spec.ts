/** What a mesh of three browsers loses, and comes back from: tabs, relays, whole browsers, members. */
import { expect, test, type Page } from '@playwright/test';
import { allDirect, Device } from './lib/device';
import { pair } from './lib/members';
import { call } from './lib/node';
import { askMembers, installSkill } from './lib/packages';
import { RelayProcess } from './lib/relay';

// Each goes on with what the one before it left.
test.describe.configure({ mode: 'serial' });

let relay: RelayProcess;
let spare: RelayProcess;
let devices: readonly Device[];
let desktop: Device;
let phone: Device;
let laptop: Device;

test.beforeAll(async () => {
  spare = await RelayProcess.start();
  relay = await RelayProcess.start('--relay-origin', spare.origin);
  devices = await Promise.all(['Desktop', 'Phone', 'Laptop'].map((name) => Device.start(name, relay.origin)));
  [desktop, phone, laptop] = devices as [Device, Device, Device];
});
test.afterAll(async () => {
  await Promise.all(devices.map((device) => device.remove()));
  await Promise.all([relay.remove(), spare.remove()]);
});

/** What a device's page says of the first relay. */
const shows = ({ page }: Device, state: string): Promise<void> =>
  expect(page.getByRole('listitem').filter({ hasText: `/tcp/${new URL(relay.origin).port}/ws` })).toContainText(state);

test('@chromium three members, who are all linked directly', async () => {
  await call(desktop.page, 'CreateMesh', { name: desktop.name, relays: [relay.origin] });
  for (const other of [phone, laptop]) await pair(desktop.page, other.page, other.name);
  await desktop.show('Mesh');
  await desktop.card(phone).getByLabel('May control this node').check();
  await allDirect(devices);
});

test('@chromium the tab that has the links is closed in the middle of a transfer, and another goes on', async () => {
  await desktop.show('Skills');
  const manifest = await installSkill(desktop, 'atlas', 8 << 20);
  const owner = laptop.page;
  laptop.page = await laptop.tab();
  await expect
    .poll(async () => [(await laptop.transports(owner)).length, (await laptop.transports()).length])
    .toEqual([2, 0]);
  await slow(owner);
  await laptop.show('Skills');
  await askMembers(laptop.page, manifest);
  // The manifest is there, and of the module a part.
  await laptop.page.waitForFunction(() => {
    const bar = document.querySelector('progress');
    return bar !== null && bar.value > 0 && bar.value < 600;
  });
  await owner.close();
  await expect(laptop.page.getByRole('article', { name: 'Package' })).toContainText('Skill atlas');
  await allDirect(devices);
});

test('@chromium the relay is killed: who is linked goes on; it is started again, and introduces again', async () => {
  await relay.kill();
  for (const device of devices) await shows(device, 'Not reached');
  const { size } = await call(desktop.page, 'MakeCheckpoint');
  for (const other of [phone, laptop])
    await expect.poll(async () => (await other.sees(desktop))?.head?.size ?? 0).toBeGreaterThanOrEqual(size);
  await relay.start();
  for (const device of devices) await shows(device, 'Connected');
  // Without its page the phone has no links, and finds them anew.
  await phone.reload();
  await allDirect(devices);
});

test('@chromium a decision is acknowledged, and both browsers are killed: it arrives, once', async () => {
  await desktop.show('Home');
  await desktop.page.getByRole('button', { name: 'Run the Iron Path' }).click();
  await phone.show('Approvals');
  const asked = phone.page.getByRole('article', { name: /^Desktop: / });
  await expect(asked).toContainText('“production”');
  await desktop.kill();
  await asked.getByRole('button', { name: 'Yes, allow once' }).click();
  await expect(asked).toContainText('Decided here.');
  await phone.kill();
  await Promise.all([desktop.open(), phone.open()]);
  await desktop.page.getByRole('button', { name: 'Resume the run' }).click();
  await expect(desktop.page.getByRole('button', { name: 'Download the evidence' })).toBeVisible();
  for (const type of ['APPROVAL_REQUESTED', 'APPROVAL_DECIDED', 'PROMOTION'] as const) {
    const { entries } = await call(desktop.page, 'ListEntries', { limit: 500, filter: { type } });
    const promotions = entries.filter(({ entry }) => !JSON.stringify(entry.data).includes('install_skill'));
    expect([type, promotions.length]).toEqual([type, type === 'APPROVAL_DECIDED' ? 2 : 1]);
  }
  await expect(call(phone.page, 'ListMemberApprovals')).resolves.toEqual([]);
  await allDirect(devices);
});

test('@chromium a member is removed while another is away, who follows when it comes back', async () => {
  await phone.kill();
  const [{ peer }, { epoch }] = [(await laptop.sees(desktop))!, await desktop.view()];
  await desktop.card(laptop).getByRole('button', { name: 'Remove' }).click();
  await desktop.page.getByRole('dialog').getByRole('button', { name: 'Remove and change the keys' }).click();
  await laptop.show('Mesh');
  await expect(laptop.page.getByText('This device was removed from its mesh')).toBeVisible();
  await expect.poll(async () => (await laptop.transports()).length).toBe(0);
  await expect(call(laptop.page, 'MeshDial', { addr: peer })).rejects.toMatchObject({ code: 'not_a_member' });
  await phone.open();
  await allDirect([desktop, phone]);
  for (const device of [desktop, phone]) {
    const known = async () => {
      const view = await device.view();
      return [view.epoch, view.members.map(({ name }) => name).sort()];
    };
    await expect.poll(known).toEqual([epoch + 1, ['Desktop', 'Phone']]);
  }
});

test('@chromium the relay is killed for good, and a second one introduces', async () => {
  await desktop.show('Mesh');
  const relays = desktop.page.getByRole('region', { name: 'Relays' });
  await relays.getByText('Add a relay').click();
  await relays.getByLabel('Relay', { exact: true }).fill(spare.origin);
  await relays.getByLabel(/^Token of the relay/).fill(await spare.token());
  await relays.getByRole('button', { name: 'Add it' }).click();
  for (const device of [desktop, phone])
    await expect.poll(async () => (await device.view()).relays.map(({ connected }) => connected)).toEqual([true, true]);
  await relay.kill();
  // From what the browser keeps of the app: its server is gone as well.
  await phone.reload();
  await allDirect([desktop, phone]);
  for (const device of [desktop, phone]) await shows(device, 'Not reached');
});

test('@chromium every log is whole', async () => {
  for (const { page } of devices) expect(await call(page, 'VerifyLog')).toMatchObject({ ok: true, problem: null });
  expect(devices.flatMap(({ violations }) => violations)).toEqual([]);
});

/** What this tab does for its node takes long. */
async function slow(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: 8 });
}
