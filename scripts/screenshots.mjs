// npm run screenshots: every screen of the built app after one run of the Iron Path, into docs/images.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { CHROMIUM_ARGS } from './lib/browsers.mjs';
import { RELAY, ROOT } from './lib/paths.mjs';
import { script } from './lib/run.mjs';
import { firstUrl } from './lib/server.mjs';
import { ensureBuilt, ensureChromium, ensureInstalled } from './lib/setup.mjs';

const IMAGES = join(ROOT, 'docs', 'images');
const SIZES = [
  { width: 1280, height: 800 },
  { width: 360, height: 740 },
];
/** The theme of each size, so that both are seen without twice the pictures. */
const SCHEME = { 1280: 'light', 360: 'dark' };
const SCREENS = ['home', 'pipelines', 'approvals', 'audit', 'skills', 'policies', 'verify', 'settings'];

await script(async () => {
  await ensureInstalled();
  await ensureBuilt();
  const executablePath = await ensureChromium();
  mkdirSync(IMAGES, { recursive: true });
  // A witness as `npm start` has one, with a memory of its own.
  const state = mkdtempSync(join(tmpdir(), 'sovereign-relay-'));
  const relay = spawn(process.execPath, [RELAY, '--port', '0', '--state', state], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS });
  try {
    const url = await firstUrl(relay);
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(url);
    await page.getByRole('button', { name: 'Run the Iron Path' }).click();
    await page.getByText('Needs you').first().waitFor();
    // What it says meanwhile would lie over the picture.
    await page.getByRole('region', { name: 'Messages' }).getByText('Stored for offline use').waitFor();
    await page.getByRole('button', { name: 'Dismiss' }).first().click();
    await shoot(page, url, ['approvals']);
    await page.goto(`${url}#/approvals`);
    await page.getByRole('button', { name: 'Yes, allow once' }).click();
    await page.goto(`${url}#/`);
    await page.getByRole('button', { name: 'Download the evidence' }).waitFor();
    const given = [await save(page, 'Download the evidence', state)];
    await page.goto(`${url}#/settings`);
    given.push(await save(page, 'Save governance.pub.pem', state));
    await page.goto(`${url}#/`);
    // Without the messages that came meanwhile.
    await page.reload();
    await page.getByRole('button', { name: 'Download the evidence' }).waitFor();
    await shoot(
      page,
      url,
      SCREENS.filter((screen) => screen !== 'approvals'),
      given,
    );
    await makeMesh(browser, page, url);
    await shoot(page, url, ['mesh']);
  } finally {
    await browser.close();
    relay.kill();
  }
});

/** @param {import('playwright-core').Page} page @param {string} button @param {string} folder */
async function save(page, button, folder) {
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: button }).click();
  const file = await download;
  const path = join(folder, file.suggestedFilename());
  await file.saveAs(path);
  return path;
}

/**
 * @param {import('playwright-core').Page} page @param {string} url @param {readonly string[]} screens
 * @param {readonly string[]} given a bundle and the key of its owner, for the Verify page
 */
async function shoot(page, url, screens, given = []) {
  for (const size of SIZES) {
    await page.setViewportSize(size);
    const colorScheme = SCHEME[/** @type {1280 | 360} */ (size.width)];
    await page.emulateMedia({ colorScheme: /** @type {'light' | 'dark'} */ (colorScheme), reducedMotion: 'reduce' });
    for (const screen of screens) {
      await page.goto(`${url}#/${screen === 'home' ? '' : screen}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
      if (screen === 'audit') await page.getByText(/Witnesses saw all/).waitFor();
      if (screen === 'verify') {
        const [bundle = '', key = ''] = given;
        await page.getByLabel(/^Drop a bundle here/).setInputFiles(bundle);
        await page.getByLabel('Choose governance.pub.pem').setInputFiles(key);
        await page.getByRole('heading', { name: 'Verified' }).waitFor();
      }
      await page.screenshot({ path: join(IMAGES, `${screen}-${size.width}.png`) });
      if (screen === 'skills') await shootSkill(page, url, size.width);
    }
  }
}

/**
 * This device's mesh, with a phone and a laptop in it.
 * @param {import('playwright-core').Browser} browser @param {import('playwright-core').Page} page @param {string} url
 */
async function makeMesh(browser, page, url) {
  await page.goto(`${url}#/mesh`);
  const creating = page.getByRole('form', { name: 'Create a mesh' });
  await creating.getByLabel('What this device is called').fill('Desktop');
  await creating.getByRole('button', { name: 'Create the mesh' }).click();
  for (const name of ['Phone', 'Laptop']) {
    await page.getByRole('button', { name: 'Invite a device' }).click();
    const link = await page.getByRole('dialog').getByLabel('Link').inputValue();
    const other = await (await browser.newContext()).newPage();
    other.setDefaultTimeout(60_000);
    await other.goto(link);
    const joining = other.getByRole('form', { name: 'Join a mesh' });
    await joining.getByLabel('What this device is called').fill(name);
    await joining.getByRole('button', { name: 'Ask to join' }).click();
    for (const side of [page, other]) await side.getByRole('button', { name: 'Yes, the words are the same' }).click();
    await page.getByText(`${name} and this device are in one mesh`).waitFor();
    await page.getByRole('main').getByRole('button', { name: 'Dismiss' }).click();
    await page
      .getByRole('listitem', { name })
      .getByText(/^Connected directly, /)
      .waitFor();
  }
}

/**
 * A skill's page with the answer of a run.
 * @param {import('playwright-core').Page} page @param {string} url @param {number} width
 */
async function shootSkill(page, url, width) {
  await page.goto(`${url}#/skills/csv-query`);
  await page.getByRole('button', { name: 'Fill in an example' }).click();
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByText('Details of this run').waitFor();
  await page.getByRole('link', { name: / gas$/ }).first().waitFor();
  await page.getByRole('heading', { name: 'Try it' }).scrollIntoViewIfNeeded();
  await page.screenshot({ path: join(IMAGES, `skill-${width}.png`), fullPage: width > 600 });
}
