import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { jcsBytes, sha256Hex } from '../src/crypto';
import type { SkillManifest } from '../src/registry/types';
import { expect, test } from './lib/fixtures';
import { openApp } from './lib/node';

/** One of the bundled modules stands in for an author's own: it runs, whatever its manifest calls it. */
const BUNDLED = JSON.parse(readFileSync('dist/app/skills/manifest.json', 'utf8')) as SkillManifest[];
const HASH = BUNDLED.find(({ name }) => name === 'hash-file')!;
const MODULE = readFileSync(`dist/app/skills/${HASH.sha256}.wasm`);

interface Author {
  key: KeyObject;
  public: string;
}
function makeAuthor(): Author {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  return { key: privateKey, public: raw.toString('hex') };
}
const file = (name: string, buffer: Buffer) => ({ name, mimeType: 'application/octet-stream', buffer });

function manifest(author: Author, over: Partial<SkillManifest> = {}) {
  const { icon: _, ...about } = HASH;
  const body = { ...about, name: 'fingerprint', title: 'Fingerprint a file', author: author.public, ...over };
  const signature = sign(null, jcsBytes(body), author.key).toString('base64');
  const bytes = Buffer.from(jcsBytes({ ...body, signature }));
  return { bytes, sha256: sha256Hex(bytes) };
}

const pickManifest = (page: Page) => page.locator('input[type=file][accept*=json]');
async function approve(page: Page): Promise<void> {
  const approver = await page.context().newPage();
  await openApp(approver, '/#/approvals');
  await approver.getByRole('button', { name: 'Yes, allow once' }).click();
  await expect(approver.getByRole('button', { name: 'Yes, allow once' })).toHaveCount(0);
  await approver.close();
}
/** Chooses the files of a package, as far as they are asked for. */
async function bring(page: Page, bytes: Buffer, module: boolean): Promise<void> {
  await pickManifest(page).setInputFiles(file('manifest.json', bytes));
  if (module) await page.getByLabel('Now choose its module (.wasm)').setInputFiles(file('skill.wasm', MODULE));
  await expect(page.getByRole('article', { name: 'Package' })).toBeVisible();
}

test('a skill from files: asked for, installed, run, upgraded with its diff, rolled back, revoked', async ({
  page,
}) => {
  const ada = makeAuthor();
  await openApp(page, '/#/skills');
  const one = manifest(ada);
  await bring(page, one.bytes, true);
  const found = page.getByRole('article', { name: 'Package' });
  await expect(found.getByText('Do you know this author?')).toBeVisible();
  await expect(found.getByText('Asks for nothing from outside')).toBeVisible();
  await found.getByRole('button', { name: 'Install' }).click();
  await expect(page.getByRole('link', { name: 'Go to Approvals' })).toBeVisible();
  await approve(page);

  await expect(page.getByRole('heading', { name: 'Fingerprint a file', level: 1 })).toBeVisible();
  await page.getByLabel('Input').fill('abc');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(page.getByLabel('Output', { exact: true })).toContainText('ba7816bf');
  await expect(page.getByRole('link', { name: /gas$/ })).toBeVisible();

  // An upgrade that wants more says so before anything happens.
  await page.getByRole('link', { name: 'All skills' }).click();
  const capabilities = [{ grant: 'http.fetch:api.example.org', why: 'To look the hash up.' }];
  await bring(page, manifest(ada, { version: '2.0.0', capabilities }).bytes, false);
  await expect(found.getByText('May fetch from api.example.org')).toBeVisible();
  await expect(found.getByText('new', { exact: true })).toBeVisible();
  await found.getByRole('button', { name: 'Upgrade to 2.0.0' }).click();
  await approve(page);
  await expect(page.getByText('fingerprint 2.0.0').first()).toBeVisible();

  await page.getByRole('button', { name: 'Go back to 1.0.0' }).click();
  await expect(page.getByText('fingerprint 1.0.0 is in use again.')).toBeVisible();

  await page.getByRole('button', { name: 'Revoke fingerprint 1.0.0' }).click();
  await page.getByLabel('Why?').fill('It leaks.');
  await page.getByRole('button', { name: 'Revoke for ever' }).click();
  await expect(page.getByText('You revoked fingerprint 1.0.0: It leaks.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Run', exact: true })).toHaveCount(0);

  await page.reload();
  await expect(page.getByText('You revoked fingerprint 1.0.0: It leaks.')).toBeVisible();
});

test('a package that was changed, or by another author, is refused with what to do', async ({ page }) => {
  const [ada, eve] = [makeAuthor(), makeAuthor()];
  await openApp(page, '/#/skills');
  const good = manifest(ada).bytes.toString();
  await pickManifest(page).setInputFiles(file('a.json', Buffer.from(good.replace('Fingerprint', 'Footprint'))));
  await page.getByLabel('Now choose its module (.wasm)').setInputFiles(file('skill.wasm', MODULE));
  await expect(page.getByRole('alert')).toContainText('not signed by the key that it names');
  await pickManifest(page).setInputFiles(file('b.json', Buffer.from('{}')));
  await expect(page.getByRole('alert')).toContainText('The manifest is refused');
  await bring(page, manifest(eve, { name: 'hash-file' }).bytes, false);
  await expect(page.getByText('It cannot be installed')).toBeVisible();
});

test('trusting an author is a question, and from then on there is none', async ({ page }) => {
  const ada = makeAuthor();
  await openApp(page, '/#/skills');
  await bring(page, manifest(ada).bytes, true);
  await page.getByRole('button', { name: 'Install', exact: true }).click();
  await approve(page);
  await page.getByRole('button', { name: 'Trust this author' }).click();
  await approve(page);
  await expect(page.getByText('You trust this author').first()).toBeVisible();
  await page.getByRole('link', { name: 'All skills' }).click();
  await bring(page, manifest(ada, { name: 'second', title: 'A second one' }).bytes, false);
  await expect(page.getByText('By an author whom you trust')).toBeVisible();
  await page.getByRole('button', { name: 'Install', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'A second one', level: 1 })).toBeVisible();
});

test('a link that cannot be read says what to do instead', async ({ page }) => {
  await openApp(page, '/#/skills');
  await page.getByLabel('Link to an index or a manifest').fill('https://skills.invalid/index.json');
  await page.getByRole('button', { name: 'Look', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('download the files and choose them here');
});
