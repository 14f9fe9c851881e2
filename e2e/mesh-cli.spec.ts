/** One's own node in a browser, from a terminal across the mesh: the real commands, in processes of their own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from './lib/fixtures';
import { device, view } from './lib/members';
import { call, joinNode, openApp } from './lib/node';

let root: string;
let home: string;
let daemon: ChildProcess | undefined;
test.beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'sovereign-cli-'));
  home = join(root, 'home');
});
test.afterAll(async () => {
  if (daemon?.exitCode === null) {
    const ended = new Promise((resolve) => daemon?.once('exit', resolve));
    daemon.kill('SIGTERM');
    await ended;
  }
  rmSync(root, { recursive: true, force: true });
});

/** `hear` is given what it has said so far, whenever that is more. */
function start(args: readonly string[], hear?: (said: string, child: ChildProcess) => void) {
  const child = spawn(process.execPath, [join('bin', 'sovereign.mjs'), ...args, '--home', home]);
  const said = { out: '', err: '' };
  child.stderr.on('data', (text: Buffer) => (said.err += text.toString()));
  child.stdout.on('data', (text: Buffer) => {
    said.out += text.toString();
    hear?.(said.out, child);
  });
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, ...said })),
  );
  return { child, ended };
}
const sovereign = async (...args: string[]): Promise<unknown> => {
  const { out, err } = await start([...args, '--json']).ended;
  return out === '' ? err : (JSON.parse(out) as unknown);
};

test('@chromium a terminal joins, and controls the node of a browser: ping, run, approve, log; and after a reload again', async ({
  browser,
  baseURL,
}) => {
  const page = await device(await browser.newContext());
  await call(page, 'CreateMesh', { name: 'Desktop', relays: [baseURL!] });
  const { text } = await call(page, 'InviteMember', { minutes: 10 });
  const joining = start(['join', text, '--name', 'Laptop'], (said, { stdin }) => {
    if (said.includes('the same words?')) stdin?.end('yes\n');
  });
  await expect.poll(async () => (await view(page)).pairings.map(({ state }) => state)).toContain('confirm');
  const pairing = (await view(page)).pairings.find(({ state }) => state === 'confirm')!;
  await call(page, 'ConfirmPairing', { id: pairing.id, yes: true });
  // Its other output may be of the terminal's being built.
  expect((await joining.ended).code).toBe(0);
  const { peer } = (await view(page)).members.find(({ name }) => name === 'Laptop')!;
  const listens = new Promise<void>((resolve, reject) => {
    const { child, ended } = start(['daemon'], (said) => {
      if (said.includes('Socket')) resolve();
    });
    daemon = child;
    void ended.then(({ err }) => reject(new Error(err)));
  });
  await listens;

  await expect.poll(() => sovereign('ping')).toMatchObject({ Error: { code: 'refused' } });
  await call(page, 'SetMemberRights', { peer, rights: ['control'] });
  expect(await sovereign('ping')).toBe('Pong');
  expect(await sovereign('status')).toMatchObject({ Status: { phase: 'ready', system_health: 'OK' } });
  expect(JSON.stringify(await sovereign('run', 'hash-file', '--input', 'abc'))).toContain(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
  const erasing = call(page, 'ErasePersonal', { hashes: ['a'.repeat(64)] });
  await expect.poll(async () => (await call(page, 'ListApprovals')).length).toBe(1);
  const { Ok: waiting } = (await sovereign('approve')) as { Ok: { id: string }[] };
  expect(await sovereign('approve', waiting[0]!.id, '--always')).toMatchObject({ Error: { code: 'refused' } });
  expect((await start(['approve', waiting[0]!.id, '--yes']).ended).code).toBe(0);
  expect(await erasing).toEqual({ erased: 0 });
  expect(JSON.stringify(await sovereign('log', '--limit', '40'))).toContain('APPROVAL_DECIDED');

  await openApp(page);
  await joinNode(page);
  await expect.poll(async () => (await view(page)).members.find(({ self }) => !self)?.link).toBe('relayed');
  expect(await sovereign('ping')).toBe('Pong');
  await page.context().close();
});
