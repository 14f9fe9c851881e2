import { chromium, type Page } from '@playwright/test';
import { encodeQR } from 'qr';
import { CHROMIUM_ARGS, findChromium } from '../scripts/lib/browsers.mjs';
import { cameraSeeing } from './lib/fake-camera';
import { expect, test } from './lib/fixtures';
import { device, view } from './lib/members';
import { call, openApp } from './lib/node';

interface Tracked {
  tracks: MediaStreamTrack[];
}

/** Keeps what the page was given of the camera. */
const recordTracks = (page: Page): Promise<unknown> =>
  page.addInitScript(() => {
    const { mediaDevices } = navigator;
    const self = globalThis as unknown as Tracked;
    self.tracks = [];
    const original = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (constraints) => {
      const stream = await original(constraints);
      self.tracks.push(...stream.getTracks());
      return stream;
    };
  });
const tracks = (page: Page): Promise<string[]> =>
  page.evaluate(() => (globalThis as unknown as Tracked).tracks.map(({ readyState }) => readyState));

test('@chromium an invitation is scanned by the camera, which is then off, and the device joins by it', async ({
  context,
  baseURL,
}) => {
  const keeper = await device(context);
  await call(keeper, 'CreateMesh', { name: 'Desktop', relays: [baseURL!] });
  const { text } = await call(keeper, 'InviteMember', { minutes: 10 });
  const args = [...CHROMIUM_ARGS, ...(await cameraSeeing(`${baseURL!}/#join=${text}`))];
  const phone = await chromium.launch({ executablePath: findChromium()!, args });
  try {
    const page = await (await phone.newContext({ baseURL: baseURL! })).newPage();
    await recordTracks(page);
    await openApp(page, '/#/mesh');
    await page.getByRole('button', { name: 'Scan with the camera' }).click();
    const join = page.getByRole('form', { name: 'Join a mesh' });
    await expect(join.getByText('Desktop')).toBeVisible();
    expect(await tracks(page)).toEqual(['ended']);
    await expect(page.locator('video')).toHaveCount(0);
    await join.getByLabel('What this device is called').fill('Phone');
    await join.getByRole('button', { name: 'Ask to join' }).click();
    for (const [one, name] of [[page, 'Desktop'] as const, [keeper, 'Phone'] as const]) {
      if (one === keeper) await one.goto('/#/mesh');
      await one.getByRole('heading', { name: `Is this ${name}?` }).waitFor();
      await one.getByRole('button', { name: 'Yes, the words are the same' }).click();
    }
    await expect
      .poll(async () => (await view(keeper)).members.map(({ name }) => name).sort())
      .toEqual(['Desktop', 'Phone']);
  } finally {
    await phone.close();
  }
});

test('@chromium a camera that is refused says so, and the code is read from a picture; one that is stopped is off', async ({
  page,
  context,
}) => {
  await recordTracks(page);
  await openApp(page, '/#/mesh');
  await page.getByRole('button', { name: 'Scan with the camera' }).click();
  // Nobody answers the browser's question here, or there is no camera: either is said in words.
  await expect(page.getByText(/The camera is not allowed|No camera/).first()).toBeVisible();
  expect(await tracks(page)).toEqual([]);
  const pick = page.getByLabel('Choose a picture of the code');
  await pick.setInputFiles({ name: 'notes.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
  await expect(page.getByText('This file is no picture that the browser can show.')).toBeVisible();
  const gif = Buffer.from(encodeQR('sn1.none', 'gif', { scale: 6 }));
  await pick.setInputFiles({ name: 'code.gif', mimeType: 'image/gif', buffer: gif });
  await expect(page.getByText('This is not a whole invitation.')).toBeVisible();
  expect(await page.getByLabel('Invitation', { exact: true }).inputValue()).toBe('sn1.none');
  // For our own page alone.
  const policy = (await context.request.get('/')).headers()['permissions-policy'];
  expect(policy).toContain('camera=(self)');
  expect(policy).toContain('microphone=()');
});
