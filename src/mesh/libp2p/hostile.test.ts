/** Whatever a member does to another over a real relay: both stay up and serve the rest, in a bounded amount of memory. */
import type { Libp2p, MessageStream, MultiaddrConnection } from '@libp2p/interface';
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr';
import { afterEach, expect, test, vi } from 'vitest';
import { startMember } from '../../../relay/radio/testkit';
import { concat, utf8 } from '../../crypto';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { encodeFrame, readFrames } from '../frames';
import { IPC_PROTOCOL, serveIpc } from '../ipc';
import { twoKeyProtector } from '../pnet';
import { systemSchedule } from '../schedule';
import type { MeshStream } from '../types';
import type { RelayedMesh } from './mesh';
import type { MeshOptions } from './open';
import { allLinked, MESH_KEY, openTestMesh, startRelay } from './testkit';

const WAIT = { timeout: 240_000, interval: 50 };
const MiB = 2 ** 20;
const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** One that attacks, one that is attacked, and one that wants to be served meanwhile. */
async function three(
  options: Partial<MeshOptions> = {},
): Promise<{ evil: RelayedMesh; node: RelayedMesh; good: RelayedMesh; relayed: () => unknown }> {
  const relay = await startRelay();
  opened.push(() => relay.stop());
  const meshes = await Promise.all([0, 1, 2].map((i) => openTestMesh(i, [relay], options)));
  opened.push(() => Promise.all(meshes.map((mesh) => mesh.close())));
  await allLinked(meshes);
  const [evil, node, good] = meshes;
  node!.handle('/echo', async (stream) => {
    for await (const bytes of stream.incoming) await stream.write(bytes);
    await stream.close();
  });
  return { evil: evil!, node: node!, good: good!, relayed: () => relay.radio.status() };
}

async function expectServed({ good, node }: { good: RelayedMesh; node: RelayedMesh }): Promise<void> {
  const stream = await good.open(node.self, '/echo');
  await stream.write(utf8('still there?'));
  await stream.close();
  const heard: Uint8Array[] = [];
  for await (const bytes of stream.incoming) heard.push(bytes);
  expect(concat(...heard)).toEqual(utf8('still there?'));
}

/** What a test's attack added to this process, which all of its parts live in. */
function memory(): (what: string) => number {
  const before = process.memoryUsage().rss;
  return (what) => {
    const grown = Math.round((process.memoryUsage().rss - before) / MiB);
    console.log(`${what}: ${String(grown)} MiB more`);
    return grown;
  };
}

const answers = async (stream: MeshStream): Promise<unknown[]> => {
  const said: unknown[] = [];
  try {
    for await (const frame of readFrames(stream.incoming)) said.push('value' in frame ? frame.value : frame.error.code);
  } catch (error) {
    said.push((error as { code?: string }).code);
  }
  return said;
};

test('ATTACK: frames of 64 KiB + 1, truncated ones and ones that are no JSON are told so, or ended', async () => {
  const all = await three();
  opened.push(() => Promise.resolve(stop()));
  const stop = serveIpc(all.node, () => Promise.resolve(() => Promise.resolve('Pong' as const)), systemSchedule);
  const grown = memory();
  const length = (bytes: number): Uint8Array => new Uint8Array(Uint32Array.of(bytes).buffer);
  const attacks: [what: Uint8Array, code: string][] = [
    [concat(length(MESH_LIMITS.frameBytes + 1), new Uint8Array(MESH_LIMITS.frameBytes + 1)), 'frame_too_long'],
    [length(0xffffffff), 'frame_too_long'],
    [concat(length(5), utf8('{"a":')), 'frame_malformed'],
    [concat(length(100), utf8('"Ping"')), 'frame_malformed'],
    [concat(length(2), Uint8Array.of(0xff, 0xfe)), 'frame_malformed'],
  ];
  for (const [bytes, code] of attacks) {
    for (let i = 0; i < 20; i++) {
      const stream = await all.evil.open(all.node.self, IPC_PROTOCOL);
      await stream.write(bytes).catch(() => undefined);
      await stream.close();
      for (const said of await answers(stream)) {
        if (said !== 'stream_reset') expect(said).toMatchObject({ Error: { code } });
      }
    }
  }
  const good = await all.good.open(all.node.self, IPC_PROTOCOL);
  await good.write(encodeFrame('Ping'));
  await good.close();
  expect(await answers(good)).toEqual(['Pong']);
  expect(grown('100 malformed frames')).toBeLessThan(150);
});

test('ATTACK: a gossip flood, of messages that nobody accepts and of topics that nobody has', async () => {
  const all = await three();
  const heard: string[] = [];
  const judged = { flood: 0 };
  all.good.subscribe(
    'news',
    ({ bytes }) => heard.push(new TextDecoder().decode(bytes)),
    () => 'accept',
  );
  all.good.subscribe(
    'flood',
    () => heard.push('flood'),
    () => (judged.flood++, 'reject'),
  );
  all.node.subscribe(
    'news',
    () => undefined,
    () => 'accept',
  );
  all.node.subscribe(
    'flood',
    () => undefined,
    () => (judged.flood++, 'reject'),
  );
  // The hearers' subscriptions have come when it reaches both.
  await vi.waitFor(async () => expect(await all.evil.publish('flood', utf8('first'))).toBe(2), WAIT);
  const grown = memory();
  for (let i = 0; i < 400; i++) {
    const bytes = new Uint8Array(MESH_LIMITS.topicBytes).fill(i);
    new DataView(bytes.buffer).setUint32(0, i);
    await all.evil.publish('flood', bytes).catch(() => 0);
    await all.evil.publish(`nobody's ${String(i)}`, bytes).catch(() => 0);
    if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  for (let i = 0; i < 2 * MESH_LIMITS.gossipTopics; i++) {
    all.evil.subscribe(
      `topic ${String(i)}`,
      () => undefined,
      () => 'ignore',
    );
  }
  await expectServed(all);
  let said = 0;
  await vi.waitFor(async () => {
    await all.node.publish('news', utf8(`news ${String(heard.length)} ${String(said++)}`));
    expect(heard.length).toBeGreaterThan(0);
  }, WAIT);
  expect(heard).not.toContain('flood');
  expect(judged.flood).toBeGreaterThan(0);
  const sent = Math.round((400 * MESH_LIMITS.topicBytes) / MiB);
  expect(grown(`a flood of ${String(sent)} MiB of gossip, ${String(judged.flood)} judged`)).toBeLessThan(300);
});

test('ATTACK: a member that reads nothing holds who writes to it, and fills no memory', async () => {
  const all = await three();
  let release = (): void => undefined;
  all.evil.handle('/sink', () => new Promise<void>((resolve) => (release = resolve)));
  const stream = await all.node.open(all.evil.self, '/sink');
  const grown = memory();
  let written = 0;
  let ended = false;
  const writing = (async () => {
    const chunk = new Uint8Array(64 * 1024);
    for (; written < 256 * MiB; written += chunk.length) await stream.write(chunk);
  })().catch(() => (ended = true));
  let before = -1;
  // Held: between two looks, with others served between, not one more byte was taken.
  await vi.waitFor(async () => {
    await expectServed(all);
    const now = written;
    const held = now === before;
    before = now;
    expect(held).toBe(true);
  }, WAIT);
  expect(written).toBeLessThan(40 * MiB);
  const held = Math.round(written / MiB);
  expect(grown(`a member that reads nothing: its writer was held after ${String(held)} MiB`)).toBeLessThan(300);
  stream.reset();
  await writing;
  expect(ended).toBe(true);
  release();
});

test('ATTACK: a member that opens streams without end gets so many, and the others theirs', async () => {
  const all = await three();
  const grown = memory();
  all.node.handle('/hold', async (stream) => {
    for await (const _ of stream.incoming);
  });
  const tried = await Promise.allSettled(Array.from({ length: 400 }, () => all.evil.open(all.node.self, '/hold')));
  const got = tried.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const open = async (stream: MeshStream): Promise<boolean> => {
    try {
      await stream.write(utf8('x'));
      return true;
    } catch {
      return false;
    }
  };
  await vi.waitFor(async () => {
    const held = (await Promise.all(got.map(open))).filter(Boolean).length;
    expect(held).toBeLessThanOrEqual(MESH_LIMITS.streamsPerPeer);
  }, WAIT);
  await expectServed(all);
  expect(grown('400 streams at once')).toBeLessThan(300);
  for (const stream of got) stream.reset();
});

test('ATTACK: one with the mesh key that floods a member with circuits is bounded, and others reach it', async () => {
  const all = await three();
  const grown = memory();
  const stock = await startMember(MESH_KEY);
  opened.push(async () => stock.stop());
  const { address, peer } = all.node.relays()[0]!;
  const there = `${address}/p2p/${peer!}/p2p-circuit/p2p/${all.node.self}`;
  await stock.dial(multiaddr(address));
  const dials = await Promise.allSettled(
    Array.from({ length: 100 }, () => dialAnew(stock, multiaddr(there), AbortSignal.timeout(WAIT.timeout))),
  );
  const made = dials.filter(({ status }) => status === 'fulfilled').length;
  expect(made).toBeLessThanOrEqual(MESH_LIMITS.circuitsBegun);
  await expectServed(all);
  // It uses one of them, and the rest end.
  await vi.waitFor(() => {
    all.node.hurry();
    expect(stock.getConnections().length).toBeLessThanOrEqual(2);
  }, WAIT);
  expect(grown(`100 circuits of one member, ${String(made)} made`)).toBeLessThan(300);
});

test('ATTACK: circuits on which nothing is said keep nobody else out', async () => {
  // So long that no silent one is given up within the test: it is their number that is bounded.
  const all = await three({ patienceMs: 3_600_000 });
  const protector = twoKeyProtector({ mesh: MESH_KEY })();
  const silent = await startMember(MESH_KEY, () => ({
    protect: (stream, options) =>
      isCircuit(stream)
        ? new Promise((_, reject) => stream.addEventListener('close', reject))
        : protector.protect(stream, options),
  }));
  opened.push(async () => silent.stop());
  const { address, peer } = all.node.relays()[0]!;
  const there = multiaddr(`${address}/p2p/${peer!}/p2p-circuit/p2p/${all.node.self}`);
  await silent.dial(multiaddr(address));
  let refused = 0;
  const flood = 100;
  const ended = new AbortController();
  opened.push(() => Promise.resolve(ended.abort()));
  for (let i = 0; i < flood; i++) dialAnew(silent, there, ended.signal).catch(() => refused++);
  // All others hold a place, or wait for one.
  await vi.waitFor(() => expect(refused).toBeGreaterThanOrEqual(flood - MESH_LIMITS.circuitsPending), WAIT);
  const stock = await startMember(MESH_KEY);
  opened.push(async () => stock.stop());
  await stock.dial(multiaddr(address));
  await vi.waitFor(() => stock.dial(there), WAIT);
  await expectServed(all);
});

/** Past libp2p's own queue of dials, which makes one of all that are to the same peer. */
const dialAnew = (node: Libp2p, to: Multiaddr, signal: AbortSignal): Promise<unknown> =>
  (node as unknown as { components: Components }).components.transportManager.dial(to, { signal });
interface Components {
  transportManager: { dial(to: Multiaddr, options: { signal: AbortSignal }): Promise<unknown> };
}

const isCircuit = (stream: MessageStream): boolean =>
  String((stream as MultiaddrConnection).remoteAddr).includes('/p2p-circuit');
