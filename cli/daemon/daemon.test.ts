import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeFrame, FrameDecoder } from '../../src/mesh/frames';
import { MESH_LIMITS } from '../../src/protocol/mesh-limits';
import { bundleSkillThread } from '../../scripts/lib/skill-thread.mjs';
import type { Places } from '../home/with-node';
import { runDaemon } from './daemon';
import { serveSocket } from './socket';

interface Vectors {
  requests: { name: string; request: unknown; frame: string; variant: string }[];
  refused: { name: string; bytes: string; code: string; then: 'goes on' | 'closes' }[];
}
const VECTORS = JSON.parse(readFileSync('docs/vectors/ipc.json', 'utf8')) as Vectors;
const PING = Buffer.from(VECTORS.requests[0]!.frame, 'hex');

let root: string;
let socket: string;
let stop: () => void;
let ended: Promise<number>;
let places: Places;
const said = { out: '', err: '' };

/** A daemon until `stop` is called. Resolves once it listens. */
async function start(home: string, ...args: string[]) {
  const heard = { out: '', err: '', stop: (): void => undefined };
  let code: Promise<number> | undefined;
  await new Promise<void>((resolve) => {
    const terminal = {
      out: (text: string) => {
        heard.out += text;
        resolve();
      },
      err: (text: string) => void (heard.err += text),
      onInterrupt: (listener: () => void) => {
        heard.stop = listener;
        return () => undefined;
      },
    };
    code = runDaemon(['--local', '--home', home, ...args], terminal, places);
    void code.then(() => resolve());
  });
  return { heard, code: code! };
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'sovereign-daemon-'));
  places = { assets: pathToFileURL(join('public', '/')), skillThread: await bundleSkillThread(join(root, 'thread')) };
  const { heard, code } = await start(join(root, 'home'));
  Object.assign(said, { out: heard.out });
  socket = join(root, 'home', 'daemon.sock');
  stop = () => heard.stop();
  ended = code;
});
afterAll(async () => {
  stop();
  expect(await ended).toBe(0);
  expect(existsSync(socket)).toBe(false);
  rmSync(root, { recursive: true, force: true });
});

/** What a client hears until the daemon closes, or until it has heard `count` frames. */
function heard(client: Socket, count = Infinity): Promise<unknown[]> {
  const decoder = new FrameDecoder();
  const answers: unknown[] = [];
  return new Promise((resolve) => {
    client.on('data', (chunk) => {
      for (const frame of decoder.push(chunk)) answers.push('value' in frame ? frame.value : frame.error.code);
      if (answers.length >= count) resolve(answers);
    });
    client.on('error', () => undefined);
    client.on('close', () => resolve(answers));
  });
}

async function talk(bytes: Uint8Array, count: number, { end = false } = {}): Promise<unknown[]> {
  const client = connect(socket);
  const answers = heard(client, count);
  client.write(bytes);
  if (end) client.end();
  try {
    return await answers;
  } finally {
    client.destroy();
  }
}

describe('the socket', () => {
  test('is in the home, and nobody else’s', () => {
    expect(said.out).toContain(`Socket    ${socket}\n`);
    expect(statSync(socket).mode & 0o777).toBe(0o600);
  });

  test('of a running daemon is not taken over; one that a killed daemon left is', async () => {
    const none = () => () => Promise.resolve('Pong' as const);
    await expect(serveSocket(socket, none)).rejects.toMatchObject({ code: 'socket_in_use' });
    const left = join(root, 'left.sock');
    // A server that is closed removes its file; a process that is killed does not.
    const dead = createServer().listen(left);
    await new Promise((resolve) => dead.once('listening', resolve));
    renameSync(left, `${left}.kept`);
    await new Promise((resolve) => dead.close(resolve));
    renameSync(`${left}.kept`, left);
    const server = await serveSocket(left, none);
    expect(statSync(left).mode & 0o777).toBe(0o600);
    await server.close();
    writeFileSync(left, 'a file of somebody’s');
    await expect(serveSocket(left, none)).rejects.toMatchObject({ code: 'socket_unusable' });
    expect(readFileSync(left, 'utf8')).toBe('a file of somebody’s');
    await expect(serveSocket(join(root, 'x'.repeat(120)), none)).rejects.toMatchObject({ code: 'socket_unusable' });
  });

  test('a daemon whose home was taken over ends, and says why', async () => {
    const [first, second] = [
      await start(join(root, 'other')),
      await start(join(root, 'other'), '--socket', join(root, 'second.sock')),
    ];
    expect(await first.code).toBe(1);
    expect(first.heard.err).toMatch(/took over/);
    second.heard.stop();
    expect(await second.code).toBe(0);
  });
});

describe('a client written for the seed', () => {
  test.each(VECTORS.requests)(
    '$name is answered with the seed’s $variant, or its Error',
    async ({ frame, variant, request }) => {
      const bytes = Buffer.from(frame, 'hex');
      expect(JSON.parse(bytes.subarray(4).toString())).toEqual(request);
      expect(bytes.readUInt32LE()).toBe(bytes.length - 4);
      const [answer] = await talk(bytes, 1);
      if (variant === 'Pong') return expect(answer).toBe('Pong');
      const [[tag, value]] = Object.entries(answer as object) as [[string, unknown]];
      if (tag === 'Error') expect(value).toMatch(/^(not_built|not_a_member): \S/);
      else expect(tag).toBe(variant);
    },
  );

  test('its status has every field of the seed’s, in the seed’s types', async () => {
    const [answer] = await talk(Buffer.from(VECTORS.requests[1]!.frame, 'hex'), 1);
    expect(answer).toMatchObject({
      Status: {
        uptime_ms: expect.any(Number),
        mesh_peer_id: expect.any(String),
        mesh_connections: expect.any(Number),
        license_active: false,
        system_health: 'OK',
      },
    });
  });

  test('its skill runs, and the log says so', async () => {
    const run = VECTORS.requests.find((r) => r.name === 'RunWasm')!;
    const [answer] = await talk(Buffer.from(run.frame, 'hex'), 1);
    // `test data`, hashed.
    expect(JSON.stringify(answer)).toContain('916f0027a575074ce72a331777c3478d6513f786a591bd892da1a577bf2335f9');
  });

  test('it may close its side and still read; many requests at once are answered in their order', async () => {
    expect(await talk(PING, Infinity, { end: true })).toEqual(['Pong']);
    const status = Buffer.from(VECTORS.requests[1]!.frame, 'hex');
    const answers = await talk(Buffer.concat([PING, status, PING, PING, status]), 5);
    expect(answers.map((a) => (a === 'Pong' ? a : Object.keys(a as object)[0]))).toEqual([
      'Pong',
      'Status',
      'Pong',
      'Pong',
      'Status',
    ]);
  });

  test('a frame that is split at any byte is the same frame', async () => {
    for (let at = 1; at < PING.length; at++) {
      const client = connect(socket);
      const answers = heard(client, 1);
      client.setNoDelay();
      client.write(PING.subarray(0, at));
      await new Promise((resolve) => client.once('connect', resolve));
      client.write(PING.subarray(at));
      expect(await answers).toEqual(['Pong']);
      client.destroy();
    }
  });
});

describe('a hostile client', () => {
  test.each(VECTORS.refused)('$name: $code, and it $then', async ({ bytes, code, then }) => {
    const sent = Buffer.from(bytes, 'hex');
    if (then === 'closes') {
      expect(await talk(sent, Infinity, { end: true })).toEqual([{ Error: expect.stringMatching(`^${code}: `) }]);
    } else {
      expect(await talk(Buffer.concat([sent, PING]), 2)).toEqual([
        { Error: expect.stringMatching(`^${code}: `) },
        'Pong',
      ]);
    }
  });

  test('any bytes at all get answers or a close, and the next client is served', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const answers = await talk(bytes, Infinity, { end: true });
        for (const answer of answers) expect(Object.keys(answer as object)).toEqual(['Error']);
      }),
      { numRuns: 50 },
    );
    expect(await talk(PING, 1)).toEqual(['Pong']);
  });

  test('one who asks for long answers and never reads stops only himself', async () => {
    const greedy = connect(socket);
    greedy.on('error', () => undefined);
    greedy.pause();
    const ask = Buffer.from(JSON.stringify({ ListEntries: { limit: 20 } }));
    const head = Buffer.alloc(4);
    head.writeUInt32LE(ask.length);
    const frame = Buffer.concat([head, ask]);
    // What the daemon does not take is left in the socket, and then here.
    for (let i = 0; i < 5_000; i++) greedy.write(frame);
    expect(await talk(PING, 1)).toEqual(['Pong']);
    greedy.destroy();
  });

  test('too many at once are told so; those who go leave room', async () => {
    const some = Array.from({ length: MESH_LIMITS.ipcClients }, () => connect(socket));
    for (const client of some) client.on('error', () => undefined);
    // Each was taken in once it is answered.
    await Promise.all(some.map((client) => (client.write(PING), heard(client, 1))));
    expect(await talk(PING, Infinity)).toEqual([{ Error: expect.stringMatching(/^overloaded: /) }]);
    const closed = Promise.all(some.map((client) => new Promise((resolve) => client.once('close', resolve))));
    for (const client of some) client.end();
    await closed;
    await expect.poll(() => talk(PING, 1)).toEqual(['Pong']);
  });
});

describe.skipIf(process.platform === 'win32')('a socket whose callers wait for long', () => {
  test('those who closed their side and are answered by nobody give way to others', async () => {
    const path = join(root, 'slow.sock');
    let asked = 0;
    const server = await serveSocket(path, () => () => {
      asked += 1;
      return asked <= MESH_LIMITS.ipcClients ? new Promise(() => undefined) : Promise.resolve('Pong');
    });
    const some = Array.from({ length: MESH_LIMITS.ipcClients }, () => connect(path));
    for (const client of some) client.on('error', () => undefined).end(PING);
    await expect.poll(() => asked).toBe(MESH_LIMITS.ipcClients);
    // The end of one may come after what it asked.
    const late = (): Promise<unknown[]> => {
      const client = connect(path);
      client.write(PING);
      return heard(client, 1).finally(() => client.destroy());
    };
    await expect.poll(late).toEqual(['Pong']);
    await server.close();
  });

  test('a pipe that is named as a module is no file, and nobody waits for its writer', async () => {
    const pipe = join(root, 'pipe.wasm');
    execFileSync('mkfifo', [pipe]);
    const frame = encodeFrame({ RunWasm: { path: pipe, input: '' } });
    expect(await talk(Buffer.from(frame), 1)).toEqual([{ Error: expect.stringContaining('is not a file') }]);
  });
});
