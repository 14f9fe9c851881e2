/** Skills from outside, as an author hands them out. */
import { expect, type Page } from '@playwright/test';
import { concat, sha256Hex } from '../../src/crypto';
import { author, packageBy } from '../../src/registry/testkit';
import type { Device } from './device';
import { openApp } from './node';

/** A module of so many bytes: nothing but a custom section. */
function moduleOf(bytes: number): Uint8Array {
  const body = new Uint8Array(bytes);
  for (let i = 1; i < bytes; i++) body[i] = Math.imul(i, 2_654_435_761) >>> 24;
  const length = Uint8Array.from([0, 7, 14, 21].map((shift, i) => ((bytes >> shift) & 127) | (i < 3 ? 128 : 0)));
  return concat(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0), length, body);
}

/** Installs a skill of this name and size from its two files, by clicks. @returns its manifest's hash */
export async function installSkill({ page }: Device, name: string, bytes: number): Promise<string> {
  const module = moduleOf(bytes);
  const over = { name, title: `Skill ${name}`, sha256: sha256Hex(module), bytes: module.length, capabilities: [] };
  const { bytes: manifest, address } = await packageBy(await author('Ada'), over);
  const file = (title: string, buffer: Uint8Array) => ({
    name: title,
    mimeType: 'application/octet-stream',
    buffer: Buffer.from(buffer),
  });
  await page.locator('input[type=file][accept*=json]').setInputFiles(file('manifest.json', manifest));
  await page.getByLabel('Now choose its module (.wasm)').setInputFiles(file('skill.wasm', module));
  await install(page, name);
  return address;
}

/** Installs the package that the page shows, with the owner's yes. */
export async function install(page: Page, name: string): Promise<void> {
  const article = page.getByRole('article', { name: 'Package' });
  await article.getByRole('button', { name: 'Install', exact: true }).click();
  const approver = await page.context().newPage();
  await openApp(approver, new URL('/#/approvals', page.url()).href);
  await approver.getByRole('button', { name: 'Yes, allow once' }).click();
  await expect(page.getByRole('heading', { name: `Skill ${name}`, level: 1 })).toBeVisible();
  await approver.close();
}

/** Asks the members for the package of this manifest, by clicks. */
export async function askMembers(page: Page, manifest: string): Promise<void> {
  await page.getByLabel('SHA-256 of a manifest that a member has').fill(manifest);
  await page.getByRole('button', { name: 'Ask the members' }).click();
}
