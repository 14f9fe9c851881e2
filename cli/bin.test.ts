import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS } from './remote/usage';

// The whole way: bin/sovereign.mjs and the built terminal, in processes of their own.
const BIN = join('bin', 'sovereign.mjs');

let root: string;
let home: string;
let daemon: ChildProcess;
let daemonSaid = '';

const sovereign = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
};
const asked = (command: string, ...args: string[]) => sovereign(command, ...args, '--home', home);
const json = (command: string, ...args: string[]): unknown => JSON.parse(asked(command, ...args, '--json').out);

/** Resolves once it listens. */
function startDaemon(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [BIN, 'daemon', '--local', '--home', home], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    child.stderr.on('data', (text: Buffer) => (daemonSaid += text.toString()));
    child.stdout.on('data', (text: Buffer) => {
      if (text.includes('Socket')) resolve(child);
    });
    child.once('exit', () => reject(new Error(`the daemon ended: ${daemonSaid}`)));
  });
}

const exitOf = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => child.once('exit', resolve));

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'sovereign-bin-'));
  home = join(root, 'home');
  // Builds the terminal where it is not of these sources.
  expect(sovereign('version').code).toBe(0);
  daemon = await startDaemon();
}, 300_000);
afterAll(async () => {
  const ended = exitOf(daemon);
  daemon.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(daemonSaid).toBe('');
  rmSync(root, { recursive: true, force: true });
});

describe('the commands, over the daemon’s socket', () => {
  test('ping and status', () => {
    expect(statSync(join(home, 'daemon.sock')).mode & 0o777).toBe(0o600);
    expect(asked('ping', '--json')).toEqual({ code: 0, out: '"Pong"\n', err: '' });
    expect(json('status')).toMatchObject({ Status: { phase: 'ready', realm: 'node', system_health: 'OK' } });
    expect(asked('status').out).toMatch(/^Health {4}OK {2}ready$/m);
  });

  test('a skill runs, and the log has its order and its outcome', () => {
    const { code, out } = asked('run', 'hash-file', '--input', 'test data');
    expect(code).toBe(0);
    expect(out).toContain('916f0027a575074ce72a331777c3478d6513f786a591bd892da1a577bf2335f9');
    const log = asked('log', '--limit', '2').out.split('\n');
    expect(log[0]).toMatch(/ EXECUTION_AUTHORIZED /);
    expect(log[1]).toMatch(/ EXECUTION_COMPLETED$/);
  });

  test('a module of one’s own waits until another command approves it, and then runs', async () => {
    const { 'hash-file': pin } = JSON.parse(readFileSync(join('skills', 'pins.json'), 'utf8')) as {
      'hash-file': string;
    };
    // Another module by its hash: the same, and a custom section without content.
    const own = Buffer.concat([readFileSync(join('public', 'skills', `${pin}.wasm`)), Buffer.of(0, 2, 1, 0x78)]);
    writeFileSync(join(root, 'own.wasm'), own);
    const run = spawn(process.execPath, [BIN, 'run', join(root, 'own.wasm'), '--input', 'abc', '--home', home]);
    let said = '';
    run.stdout.on('data', (text: Buffer) => (said += text.toString()));
    const ended = exitOf(run);
    const waiting = () => (json('approve') as { Ok: { id: string }[] }).Ok;
    await expect.poll(waiting).toHaveLength(1);
    const { id } = waiting()[0]!;
    const shown = asked('approve', id.slice(0, 8), '--yes');
    expect(shown).toMatchObject({ code: 0, err: '' });
    expect(shown.out).toContain('Owner "owner" asks to run_skill Skill');
    expect(await ended).toBe(0);
    expect(said).toContain('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(waiting()).toEqual([]);
  });

  test('what this version lacks is said with its code: exit 1', () => {
    for (const [command, ...args] of [
      ['query', '?[x] := *p{x}'],
      ['verify-license', '--tx-id', 'ab', '--developer-addr', 'bc1q', '--required-sats', '7'],
    ] as [string, ...string[]][]) {
      const { code, err } = asked(command, ...args);
      expect(code).toBe(1);
      expect(err).toContain('(not_built)');
    }
  });

  test('a second daemon of the home is refused while the first runs, and does not harm it', () => {
    const { code, err } = sovereign('daemon', '--local', '--home', home);
    expect(code).toBe(1);
    expect(err).toContain(`process ${daemon.pid}`);
    expect(asked('ping').code).toBe(0);
  });

  test('a daemon that was killed leaves a socket that the next one takes', async () => {
    const ended = exitOf(daemon);
    daemon.kill('SIGKILL');
    await ended;
    expect(asked('ping').code).toBe(3);
    daemon = await startDaemon();
    expect(asked('ping').code).toBe(0);
    expect(asked('log', '--text', 'hash-file', '--limit', '1').out).toMatch(/hash-file/);
  });

  test('each has its help, and a wrong word is exit 2', () => {
    for (const command of [...Object.keys(COMMANDS), 'daemon']) {
      const help = sovereign(command, '--help');
      expect(help).toMatchObject({ code: 0, err: '' });
      expect(help.out).toContain(`Usage: sovereign ${command}`);
      expect(sovereign('help', command).out).toBe(help.out);
    }
    expect(asked('ping', 'now').code).toBe(2);
    expect(sovereign('daemon', 'now').code).toBe(2);
  });

  test('a daemon that reaches no other node says why, and ends', () => {
    const { code, err } = sovereign('daemon', '--home', join(root, 'alone'));
    expect(code).toBe(1);
    expect(err).toMatch(/mesh/);
  });
});
