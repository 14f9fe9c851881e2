import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { WireRequest, WireResponse } from '../../src/protocol/messages';
import { serveSocket, type SocketServer } from '../daemon/socket';
import { runRemote } from '.';
import { isRemoteCommand, remoteUsage, COMMANDS } from './usage';

const ID = 'ab'.repeat(16);
const PENDING = {
  id: ID,
  actionDigest: 'c'.repeat(64),
  intent: {
    principal: { type: 'Owner', id: 'owner' },
    action: 'promote',
    resource: { type: 'Pointer', id: 'production' },
    args: { model_sha256: 'd'.repeat(64) },
    context: {},
  },
  policies: ['promotion-needs-the-owner'],
  needed: 1,
  given: [],
  requestedAt: '2026-11-21T00:00:00.000Z',
  expiresAt: '2026-11-28T00:00:00.000Z',
};

let dir: string;
let socket: string;
let server: SocketServer;
let asked: WireRequest[];
let answer: (request: WireRequest) => WireResponse;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sovereign-remote-'));
  socket = join(dir, 'a.sock');
  asked = [];
  answer = () => ({ Error: { code: 'not_built', message: 'Not here.', advice: 'Wait.' } });
  server = await serveSocket(socket, () => async (request) => (asked.push(request), answer(request)));
});
afterEach(async () => {
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

/** One command, by somebody who says `answers` at the prompt. */
async function sovereign(command: string, args: string[] = [], answers?: string[]) {
  if (!isRemoteCommand(command)) throw new Error(command);
  const heard = { out: '', err: '' };
  const code = await runRemote(command, ['--socket', socket, ...args], {
    out: (text) => void (heard.out += text),
    err: (text) => void (heard.err += text),
    interactive: answers !== undefined,
    ask: async () => answers?.shift(),
    onInterrupt: () => () => undefined,
  });
  return { ...heard, code };
}

describe('a command', () => {
  test.each([
    ['ping', [], 'Ping'],
    ['status', [], 'GetStatus'],
    ['query', ['?[x] := *p{x}', '--params', '{"a":1}'], { QueryCore: { query: '?[x] := *p{x}', params: { a: 1 } } }],
    ['run', ['hash-file', '--input', 'abc'], { RunWasm: { path: 'hash-file', input: 'abc' } }],
    ['run', ['x.wasm'], { RunWasm: { path: join(process.cwd(), 'x.wasm'), input: '' } }],
    [
      'log',
      ['--type', 'GENESIS', '--before', '9'],
      { ListEntries: { limit: 20, before: 9, filter: { type: 'GENESIS' } } },
    ],
    ['approve', [], 'ListApprovals'],
    ['mesh-dial', ['12D3Koo'], { MeshDial: { addr: '12D3Koo' } }],
    ['mesh-peers', [], 'MeshPeers'],
    [
      'verify-license',
      ['--tx-id', 'ab', '--developer-addr', 'bc1q', '--required-sats', '7'],
      { VerifyLicense: { tx_id: 'ab', developer_addr: 'bc1q', required_sats: 7 } },
    ],
  ])(
    '%s asks exactly what it says, and tells a refusal with its code and advice: exit 1',
    async (command, args, request) => {
      expect(await sovereign(command, args)).toEqual({ out: '', err: 'Not here. (not_built) Wait.\n', code: 1 });
      expect(asked).toEqual([request]);
      const json = await sovereign(command, [...args, '--json']);
      expect(json).toMatchObject({ code: 1, err: '' });
      expect(JSON.parse(json.out)).toEqual({ Error: { code: 'not_built', message: 'Not here.', advice: 'Wait.' } });
    },
  );

  test('tells the answer in words, or as it crossed', async () => {
    answer = (request) => (request === 'Ping' ? 'Pong' : { WasmOutput: 'a\u001b[2Jb\nc' });
    expect((await sovereign('ping')).out).toMatch(/^Pong in \d+\.\d ms\n$/);
    expect(await sovereign('ping', ['--json'])).toEqual({ out: '"Pong"\n', err: '', code: 0 });
    // Nothing of what a skill says moves the terminal's cursor.
    expect(await sovereign('run', ['x', '--input', ''])).toEqual({ out: 'a?[2Jb\nc\n', err: '', code: 0 });
  });

  test('run --on asks the member of that name, and prints what was proven', async () => {
    const members = [
      { peer: '12D3KooWa', name: 'Desktop', self: true },
      { peer: '12D3KooWb', name: 'Phone', self: false },
      { peer: '12D3KooWc', name: 'Twin', self: false },
      { peer: '12D3KooWd', name: 'Twin', self: false },
    ];
    const on = { name: 'Phone', origin: 'sovereign-node/0/1', order_id: ID, authorized_seq: 7, ended_seq: 8, size: 9 };
    const ran = { outcome: 'ok', text: 'a\u001b[2Jb', ms: 1, order_id: ID, seq: 5, on };
    answer = (request) => ({ Ok: (request === 'GetMesh' ? { members } : ran) as never });
    const { code, out } = await sovereign('run', ['hash-file', '--input', 'abc', '--on', 'Phone']);
    expect(asked.at(-1)).toEqual({
      DelegateSkill: { member: '12D3KooWb', skill: 'hash-file', input: { text: 'abc' } },
    });
    expect(out).toContain('a?[2Jb\n\nRun by Phone, and proven: order');
    expect(code).toBe(0);
    for (const nobody of ['Twin', 'Desktop', 'Else']) {
      expect(await sovereign('run', ['hash-file', '--on', nobody])).toMatchObject({ code: 1 });
    }
    expect(asked.filter((request) => typeof request === 'object')).toHaveLength(1);
  });

  test('a licence that is not valid is exit 1', async () => {
    const args = ['--tx-id', 'ab', '--developer-addr', 'bc1q', '--required-sats', '7'];
    answer = () => ({ LicenseResult: { valid: false, details: 'unpaid' } });
    expect(await sovereign('verify-license', args)).toMatchObject({ code: 1, out: 'NOT VALID  unpaid\n' });
    answer = () => ({ LicenseResult: { valid: true, details: 'paid' } });
    expect(await sovereign('verify-license', args)).toMatchObject({ code: 0 });
  });

  test.each([
    ['ping', ['now']],
    ['query', []],
    ['query', ['a', '--params', '{']],
    ['log', ['--limit', '0']],
    ['log', ['--limit', '501']],
    ['log', ['--before', 'x']],
    ['approve', [ID, '--yes', '--no']],
    ['mesh-dial', []],
    ['verify-license', ['--tx-id', 'a']],
    ['status', ['--nonsense']],
  ])('%s %j is wrong usage: exit 2, with its usage, and nothing is done', async (command, args) => {
    const { code, out, err } = await sovereign(command, args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(`Usage: sovereign ${command}`);
    expect(asked).toEqual([]);
  });

  test('nobody behind the socket is exit 3, with the way to start one', async () => {
    await server.close();
    const { code, err } = await sovereign('ping');
    expect(code).toBe(3);
    expect(err).toContain('sovereign daemon --local');
    const json = await sovereign('ping', ['--json']);
    expect(JSON.parse(json.out)).toMatchObject({ Error: { code: 'unreachable' } });
  });

  test('a daemon that goes away under a call is exit 3', async () => {
    answer = () => {
      void server.close();
      return 'Pong';
    };
    expect(await sovereign('ping')).toMatchObject({ code: 3 });
  });

  test.each(Object.keys(COMMANDS))('%s has a usage that names its options and exit codes', (command) => {
    if (!isRemoteCommand(command)) throw new Error(command);
    const usage = remoteUsage(command);
    for (const option of Object.keys(COMMANDS[command].options)) expect(usage).toContain(`--${option}`);
    expect(usage).toMatch(/Exit code: .*3 no node was reached/s);
  });
});

describe('sovereign approve', () => {
  beforeEach(() => {
    answer = (request) => ({ Ok: request === 'ListApprovals' ? [PENDING] : null });
  });

  test('lists what waits, each with its ID', async () => {
    const { out } = await sovereign('approve');
    expect(out).toBe(`${ID}  ${PENDING.requestedAt}  Owner "owner"  promote  Pointer "production"\n`);
    answer = () => ({ Ok: [] });
    expect((await sovereign('approve')).out).toBe('Nothing waits for approval.\n');
  });

  test('asks at the prompt, and shows what would happen; the first characters of an ID do', async () => {
    const { out, code } = await sovereign('approve', ['abab'], ['maybe', 'yes']);
    expect(code).toBe(0);
    expect(out).toContain(`signs over    ${PENDING.actionDigest}`);
    expect(asked.at(-1)).toEqual({ DecideApproval: { id: ID, verdict: 'yes' } });
  });

  test.each(['yes', 'no', 'always', 'never'])('--%s decides without asking', async (verdict) => {
    expect(await sovereign('approve', [ID, `--${verdict}`, '--note', 'why'])).toMatchObject({ code: 0 });
    expect(asked.at(-1)).toEqual({ DecideApproval: { id: ID, verdict, note: 'why' } });
  });

  test('nobody to ask: exit 2; no such request: exit 1; nothing is decided', async () => {
    expect(await sovereign('approve', [ID])).toMatchObject({ code: 2 });
    expect(await sovereign('approve', ['ff', '--yes'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('approval_unknown'),
    });
    expect(asked).toEqual(['ListApprovals', 'ListApprovals']);
  });
});
