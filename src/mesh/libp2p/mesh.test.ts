import { afterEach, describe, expect, test, vi } from 'vitest';
import { publicKeyOf } from '../../crypto';
import type { RadioLimits } from '../../../relay/radio';
import { acceptMesh } from '../mesh-acceptance';
import { peerIdOf } from '../peer-id';
import { formatNotice, RELAY_NOTICE } from '../relay-notice';
import { systemSchedule, type Schedule } from '../schedule';
import { memoryMesh, testSeed } from '../testkit';
import { reserve, startMember } from '../../../relay/radio/testkit';
import { allLinked, MESH_KEY, openTestMesh, startRelay } from './testkit';

const WAIT = { timeout: 240_000, interval: 20 };

acceptMesh('a mesh over a relay', async () => {
  const relay = await startRelay();
  const meshes = await Promise.all([0, 1, 2].map((i) => openTestMesh(i, [relay])));
  await allLinked(meshes);
  const [a, b, c] = meshes;
  return {
    meshes: [a!, b!, c!],
    close: async () => {
      await Promise.all(meshes.map((mesh) => mesh.close()));
      await relay.stop();
    },
  };
});

acceptMesh('a mesh in memory', () => {
  const [a, b, c] = memoryMesh(3);
  return Promise.resolve({ meshes: [a!, b!, c!], close: () => Promise.resolve() });
});

describe('relays', () => {
  const opened: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of opened.splice(0).reverse()) await one.close();
  });
  const keep = <T extends { close(): Promise<void> }>(one: T): T => (opened.push(one), one);
  const relay = async (limits: Partial<RadioLimits> = {}) => {
    const started = await startRelay(limits);
    opened.push({ close: () => started.stop() });
    return started;
  };

  /** Two members that have a place at each of two relays, with an echo open over one of them. */
  const overTwo = async () => {
    const both = [await relay({ farewellMs: 120_000 }), await relay({ farewellMs: 120_000 })];
    const [a, b] = [keep(await openTestMesh(0, both)), keep(await openTestMesh(1, both))];
    b.handle('/echo', async (stream) => {
      for await (const bytes of stream.incoming) await stream.write(bytes);
      await stream.close();
    });
    await vi.waitFor(() => expect([...a.relays(), ...b.relays()].every(({ reserved }) => reserved)).toBe(true), WAIT);
    await allLinked([a, b]);
    const stream = await a.open(b.self, '/echo');
    return { both, a, b, stream, heard: stream.incoming[Symbol.asyncIterator]() };
  };

  test('with two of them, losing one for good loses nobody', async () => {
    const [first, second] = [await relay({ farewellMs: 0 }), await relay()];
    const a = keep(await openTestMesh(0, [first, second]));
    const b = keep(await openTestMesh(1, [first, second]));
    b.handle('/test', (stream) => stream.close());
    await vi.waitFor(() => expect([...a.relays(), ...b.relays()].every(({ reserved }) => reserved)).toBe(true), WAIT);
    await allLinked([a, b]);
    await first.stop();
    await vi.waitFor(() => expect(a.relays().map(({ connected }) => connected)).toEqual([false, true]), WAIT);
    await vi.waitFor(async () => (await a.open(b.self, '/test')).close(), WAIT);
    expect(a.relays()[0]).toMatchObject({ connected: false, reserved: false });
  });

  test('a relay that is about to stop says so, and members move to another while it still runs', async () => {
    const { both, a, b, stream, heard } = await overTwo();
    // Whose traffic grows is the one on the way.
    const carried = () => both.map(({ radio }) => radio.status().traffic.bytesIn);
    const [before] = carried();
    await stream.write(new Uint8Array(60_000));
    for (let length = 0; length < 60_000;) length += ((await heard.next()).value as Uint8Array).length;
    const [used, other] = carried()[0]! - before! > 60_000 ? both : both.reverse();
    await stream.close();
    const links = new Set<string>();
    for (const mesh of [a, b]) mesh.onChange(() => mesh.peers().forEach(({ link }) => links.add(link)));

    const stopped = used!.stop();
    await vi.waitFor(() => expect(other!.radio.status().circuits).toBeGreaterThan(0), WAIT);
    // Long before its patience is at an end, since everybody has left.
    await stopped;
    await (await a.open(b.self, '/echo')).close();
    expect([...links]).toEqual(['relayed']);
    expect([...a.relays(), ...b.relays()].filter(({ connected }) => connected)).toHaveLength(2);
  });

  test('a stream under way when its relay is about to stop goes on over it to its end', async () => {
    const { both, a, b, stream, heard } = await overTwo();
    const carried = () => both.map(({ radio }) => radio.status().traffic.bytesIn);
    const echoed = async () => {
      await stream.write(new Uint8Array(60_000));
      for (let length = 0; length < 60_000;) length += ((await heard.next()).value as Uint8Array).length;
    };
    const [before] = carried();
    await echoed();
    const [used, other] = carried()[0]! - before! > 60_000 ? both : [...both].reverse();

    const stopped = used!.stop();
    await vi.waitFor(() => expect(other!.radio.status().circuits).toBeGreaterThan(0), WAIT);
    for (let i = 0; i < 20; i++) {
      await echoed();
      a.hurry();
      b.hurry();
      // What is new goes the new way.
      await (await a.open(b.self, '/echo')).close();
    }
    expect(used!.radio.status().circuits).toBeGreaterThan(0);
    await stream.close();
    expect((await heard.next()).done).toBe(true);
    // Long before its patience is at an end: nobody needs it any more.
    await stopped;
  });

  test('of two connections to one member both use one, and the other ends when nobody’s stream is on it', async () => {
    const only = await relay();
    const a = keep(await openTestMesh(0, [only]));
    const stock = await startMember(MESH_KEY);
    keep({ close: async () => stock.stop() });
    await reserve(stock, only);
    await vi.waitFor(() => expect(a.relays()[0]!.reserved).toBe(true), WAIT);
    a.handle('/echo', async (stream) => {
      for await (const bytes of stream.incoming) await stream.write(bytes);
      await stream.close();
    });
    const there = only.address.encapsulate(`/p2p/${only.radio.peer}/p2p-circuit/p2p/${a.self}`);
    const first = await stock.dial(there);
    const second = await stock.dial(there, { force: true });
    expect(second.id).not.toBe(first.id);
    // Which of them it keeps is the older one, since both are of the same side's making.
    const stream = await second.newStream('/echo', { runOnLimitedConnection: true });
    const came: number[] = [];
    stream.addEventListener('message', ({ data }) => came.push(...data.subarray()));
    for (let i = 0; i < 20; i++) {
      a.hurry();
      stream.send(Uint8Array.of(i));
      await vi.waitFor(() => expect(came).toHaveLength(i + 1), WAIT);
    }
    expect([first.status, second.status]).toEqual(['open', 'open']);
    await stream.close();
    await vi.waitFor(() => {
      a.hurry();
      expect(second.status).toBe('closed');
    }, WAIT);
    expect(first.status).toBe('open');
    expect(a.peers()).toMatchObject([{ peer: stock.peerId.toString(), link: 'relayed' }]);
  });

  test('the only relay is left at once, and asked again when it said', async () => {
    const only = await relay({ farewellMs: 120_000, returnMs: 70_001, returnEachMs: 0 });
    const waits: number[] = [];
    const schedule: Schedule = (task, ms) => {
      waits.push(ms);
      return systemSchedule(task, ms);
    };
    const [a, b] = [keep(await openTestMesh(0, [only], { schedule })), keep(await openTestMesh(1, [only]))];
    await vi.waitFor(() => expect(a.relays()[0]!.reserved).toBe(true), WAIT);
    await allLinked([a, b]);
    await only.stop();
    await vi.waitFor(() => expect(waits).toContain(70_001), WAIT);
    expect(a.relays()[0]).toMatchObject({ connected: false, reserved: false, problem: 'the relay is about to stop' });
    expect(a.peers()).toMatchObject([{ peer: b.self, link: 'none' }]);
  });

  test('ATTACK: a member that speaks as a relay moves nobody', async () => {
    const only = await relay();
    const [a, b] = [keep(await openTestMesh(0, [only])), keep(await openTestMesh(1, [only]))];
    await allLinked([a, b]);
    const said = b.open(a.self, RELAY_NOTICE).then(async (stream) => {
      await stream.write(formatNotice({ reason: 'stopping', retry_after_ms: 300_000 }));
      await stream.close();
      for await (const _ of stream.incoming);
    });
    await said.catch(() => undefined);
    expect(a.relays()[0]).toMatchObject({ connected: true, problem: null });
    expect(a.peers()[0]!.link).toBe('relayed');
  });

  test('a relay that cannot be reached is told with the reason, and nobody is reached', async () => {
    const gone = await relay();
    await gone.stop();
    const a = keep(await openTestMesh(0, [gone]));
    await vi.waitFor(() => expect(a.relays()[0]!.problem).not.toBeNull(), WAIT);
    const other = peerIdOf(publicKeyOf(testSeed(1)));
    await expect(a.open(other, '/test')).rejects.toMatchObject({ code: 'unreachable' });
    expect(a.peers()).toEqual([]);
  });

  test('a relay is no member: it is no peer, and no stream is opened to it', async () => {
    const one = await relay();
    const a = keep(await openTestMesh(0, [one]));
    await vi.waitFor(() => expect(a.relays()[0]!.reserved).toBe(true), WAIT);
    expect(a.peers()).toEqual([]);
    await expect(a.open(one.radio.peer, '/test')).rejects.toMatchObject({ code: 'not_a_member' });
  });
});
