/** The log's witness is the server that serves the app: over real HTTP, killed without warning, and offered a fork. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  formatAddCheckpoint,
  formatCheckpoint,
  parseCheckpoint,
  parseCosignerVkey,
  parseNote,
  sha256Hex,
  sha256Text,
  signNote,
  signerFromSeed,
  verifyCosignature,
} from '../src/crypto';
import { unzipSync } from 'fflate';
import { formatRegistration } from '../src/witness';
import { expect, test } from './lib/fixtures';
import { call, exported, joinNode, openApp } from './lib/node';

/** A relay of the test's own, by the address it prints. */
async function startRelay(state: string): Promise<{ url: string; process: ChildProcess }> {
  const relay = spawn(process.execPath, ['dist/relay/main.mjs', '--port', '0', '--state', state], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let said = '';
    relay.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const found = /Witness at (\S+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    relay.once('exit', (code) => reject(new Error(`the relay ended with code ${code}`)));
  });
  return { url, process: relay };
}

test('the node is witnessed by its server, and Settings says so', async ({ page, baseURL }) => {
  await openApp(page, '/#/settings/witnesses');
  const section = page.locator('#settings-witnesses');
  await expect(section.getByText(`${baseURL}/witness`)).toBeVisible();
  await section.getByRole('button', { name: 'Ask now' }).click();
  await expect(section.getByText('Witnessed', { exact: true })).toBeVisible();
  await joinNode(page);
  const { witnesses, quorum } = await call(page, 'Witnesses');
  expect([witnesses.length, quorum, witnesses[0]!.problem]).toEqual([1, 1, null]);
  const { origin } = await call(page, 'MakeCheckpoint');
  const shown = await page.request.get(`/witness/${sha256Text(origin)}/checkpoint`);
  expect(parseCheckpoint(parseNote(await shown.text())!.text)!.origin).toBe(origin);
});

test('an exported bundle carries the cosignature of its checkpoint', async ({ page }) => {
  await openApp(page);
  await joinNode(page);
  await expect.poll(async () => (await call(page, 'Witnesses')).witnesses.length).toBe(1);
  const key = parseCosignerVkey((await call(page, 'Witnesses')).witnesses[0]!.vkey)!;
  // An export waits for its witness only so long.
  await expect(async () => {
    const files = unzipSync(await exported(page));
    const name = Object.keys(files).find((file) => file.endsWith('log/checkpoint'))!;
    expect(await verifyCosignature(parseNote(files[name]!)!, key)).toBeGreaterThan(1_700_000_000);
  }).toPass();
});

test('a relay killed without warning holds to what it cosigned, and shows a fork', async () => {
  const [node, log] = await Promise.all([1, 2].map((n) => signerFromSeed(new Uint8Array(32).fill(n))));
  const origin = `sovereign-node/${sha256Hex(node!.publicKey).slice(0, 16)}/00000001`;
  const state = join(mkdtempSync(join(tmpdir(), 'witness-')), 'state');
  const checkpoint = (size: number, seed: string) =>
    signNote(formatCheckpoint({ origin, size, root: sha256Text(seed) }), origin, log!);
  const add = async (url: string, oldSize: number, note: string) =>
    fetch(`${url}/add-checkpoint`, {
      method: 'POST',
      body: formatAddCheckpoint({ oldSize, proof: [], checkpointNote: note }),
    });

  let relay = await startRelay(state);
  const registration = await formatRegistration(origin, log!.publicKey, node!);
  expect((await fetch(`${relay.url}/add-log`, { method: 'POST', body: registration })).status).toBe(200);
  const vkey = await (await fetch(`${relay.url}/vkey`)).text();
  expect((await add(relay.url, 0, await checkpoint(3, 'a'))).status).toBe(200);
  relay.process.kill('SIGKILL');
  relay = await startRelay(state);
  expect(await (await fetch(`${relay.url}/vkey`)).text()).toBe(vkey);
  expect((await add(relay.url, 0, await checkpoint(5, 'b'))).status).toBe(409);
  expect((await add(relay.url, 3, await checkpoint(3, 'b'))).status).toBe(409);
  const { forks } = (await (await fetch(`${relay.url}/forks`)).json()) as {
    forks: { origin: string; proven: boolean }[];
  };
  expect(forks).toMatchObject([{ origin, proven: true }]);
  const again = await add(relay.url, 3, await checkpoint(3, 'a'));
  const note = parseNote((await checkpoint(3, 'a')) + (await again.text()))!;
  expect(await verifyCosignature(note, parseCosignerVkey(vkey.trim())!)).toBeDefined();
  relay.process.kill();
});
