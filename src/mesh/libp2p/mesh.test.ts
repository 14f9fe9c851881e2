import { afterEach, describe, expect, test, vi } from 'vitest';
import { publicKeyOf } from '../../crypto';
import { acceptMesh } from '../mesh-acceptance';
import { peerIdOf } from '../peer-id';
import { memoryMesh, testSeed } from '../testkit';
import { allLinked, openTestMesh, startRelay } from './testkit';

const WAIT = { timeout: 30_000, interval: 20 };

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
  const relay = async () => {
    const started = await startRelay();
    opened.push({ close: () => started.stop() });
    return started;
  };

  test('with two of them, losing one for good loses nobody', async () => {
    const [first, second] = [await relay(), await relay()];
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
