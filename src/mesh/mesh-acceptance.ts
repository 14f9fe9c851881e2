import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { concat, fromUtf8, publicKeyOf, utf8 } from '../crypto';
import { MeshError } from './errors';
import { peerIdOf } from './peer-id';
import type { Judgement, Mesh, MeshStream } from './types';

export interface AcceptedMeshes {
  /** Three, each linked to the others. */
  meshes: [Mesh, Mesh, Mesh];
  close(): Promise<void>;
}

const PROTOCOL = '/sovereign/test/1.0.0';
const WAIT = { timeout: 30_000, interval: 20 };

/** What every {@link Mesh} must do, whatever carries it. */
export function acceptMesh(name: string, start: () => Promise<AcceptedMeshes>): void {
  describe(name, () => {
    let opened: AcceptedMeshes;
    let a: Mesh;
    let b: Mesh;
    let c: Mesh;
    beforeEach(async () => {
      opened = await start();
      [a, b, c] = opened.meshes;
    });
    afterEach(() => opened.close());

    streams(() => [a, b]);
    topics(() => [a, b, c]);

    test('tells who is linked, and that it changes', async () => {
      await vi.waitFor(() => expect(linked(a)).toEqual([b.self, c.self].sort()), WAIT);
      const gone = new Promise<void>((resolve) => a.onChange(() => !linked(a).includes(c.self) && resolve()));
      await c.close();
      await gone;
      expect(a.peers().find(({ peer }) => peer === c.self)).toMatchObject({ link: 'none' });
    });

    test('a dropped peer is reached no more, from either side', async () => {
      a.handle(PROTOCOL, (stream) => stream.close());
      b.handle(PROTOCOL, (stream) => stream.close());
      await (await b.open(a.self, PROTOCOL)).close();
      await a.drop(b.self, 'it sent what it should not');
      await expect(a.open(b.self, PROTOCOL)).rejects.toThrow(MeshError);
      await expect(b.open(a.self, PROTOCOL)).rejects.toThrow(MeshError);
      expect(linked(a)).not.toContain(b.self);
      await expect(a.open(c.self, PROTOCOL)).rejects.toMatchObject({ code: 'protocol_refused' });
    });
  });
}

function streams(meshes: () => [Mesh, Mesh]): void {
  test('a stream carries bytes both ways, and each side ends its own', async () => {
    const [a, b] = meshes();
    b.handle(PROTOCOL, async (stream) => {
      expect(stream.peer).toBe(a.self);
      const asked = await readAll(stream);
      await stream.write(utf8(`you said ${fromUtf8(asked)}`));
      await stream.close();
    });
    const stream = await a.open(b.self, PROTOCOL);
    expect(stream.peer).toBe(b.self);
    await stream.write(utf8('hello '));
    await stream.write(utf8('there'));
    await stream.close();
    expect(fromUtf8(await readAll(stream))).toBe('you said hello there');
  });

  test('megabytes arrive whole and in order at a reader that takes its time', async () => {
    const [a, b] = meshes();
    const sent = Uint8Array.from({ length: 3_000_001 }, (_, i) => (i * 7919) % 251);
    const heard = new Promise<Uint8Array>((resolve, reject) =>
      b.handle(PROTOCOL, (stream) =>
        readAll(stream, () => new Promise((turn) => setTimeout(turn, 0))).then(resolve, reject),
      ),
    );
    const stream = await a.open(b.self, PROTOCOL);
    for (let at = 0; at < sent.length; at += 50_000) await stream.write(sent.slice(at, at + 50_000));
    await stream.close();
    expect(Buffer.compare(await heard, sent)).toBe(0);
    const { bytesOut } = a.peers().find(({ peer }) => peer === b.self)!;
    expect([0, sent.length]).toContain(bytesOut);
  });

  test('who stops reading may still write', async () => {
    const [a, b] = meshes();
    b.handle(PROTOCOL, async (stream) => {
      for await (const _ of stream.incoming) break;
      await stream.write(utf8('enough'));
      await stream.close();
    });
    const stream = await a.open(b.self, PROTOCOL);
    await stream.write(utf8('a long story'));
    expect(fromUtf8(await readAll(stream))).toBe('enough');
    stream.reset();
  });

  test('a protocol that the peer does not speak, or no longer, is refused', async () => {
    const [a, b] = meshes();
    await expect(a.open(b.self, PROTOCOL)).rejects.toMatchObject({ code: 'protocol_refused' });
    const stop = b.handle(PROTOCOL, (stream) => stream.close());
    await (await a.open(b.self, PROTOCOL)).close();
    stop();
    await vi.waitFor(() => expect(a.open(b.self, PROTOCOL)).rejects.toMatchObject({ code: 'protocol_refused' }), WAIT);
  });

  test('a peer that is not there is unreachable', async () => {
    const [a] = meshes();
    const nobody = peerIdOf(publicKeyOf(new Uint8Array(32).fill(99)));
    await expect(a.open(nobody, PROTOCOL)).rejects.toMatchObject({ code: 'unreachable' });
  });

  test('who gave up waiting is told so', async () => {
    const [a, b] = meshes();
    b.handle(PROTOCOL, (stream) => stream.close());
    await expect(a.open(b.self, PROTOCOL, { signal: AbortSignal.abort() })).rejects.toThrow(MeshError);
  });

  test('a reset, and a server that fails, are heard at the other end', async () => {
    const [a, b] = meshes();
    const kinds: ((stream: MeshStream) => Promise<void>)[] = [
      (stream) => Promise.resolve(stream.reset()),
      () => Promise.reject(new Error('a fault of the server')),
    ];
    for (const serve of kinds) {
      const stop = b.handle(PROTOCOL, async (stream) => {
        for await (const _ of stream.incoming) return serve(stream);
      });
      const stream = await a.open(b.self, PROTOCOL);
      await stream.write(utf8('anything'));
      await expect(readAll(stream)).rejects.toMatchObject({ code: 'stream_reset' });
      await expect(stream.write(utf8('more'))).rejects.toMatchObject({ code: 'stream_reset' });
      stop();
      await vi.waitFor(() => expect(a.open(b.self, PROTOCOL)).rejects.toThrow(MeshError), WAIT);
    }
  });
}

function topics(meshes: () => [Mesh, Mesh, Mesh]): void {
  test('a message reaches everybody who listens, once, with its author', async () => {
    const [a, b, c] = meshes();
    const heard: string[] = [];
    for (const mesh of [a, b, c]) {
      const listen = ({ from, bytes }: { from: string; bytes: Uint8Array }) =>
        heard.push(`${mesh.self} from ${from}: ${fromUtf8(bytes)}`);
      mesh.subscribe('news', listen, ({ bytes }) => (fromUtf8(bytes) === 'warm up' ? 'ignore' : 'accept'));
    }
    await vi.waitFor(async () => expect(await a.publish('news', utf8('warm up'))).toBe(2), WAIT);
    await a.publish('news', utf8('one'));
    await vi.waitFor(() => expect(heard).toHaveLength(2), WAIT);
    expect(heard.sort()).toEqual([b, c].map(({ self }) => `${self} from ${a.self}: one`).sort());
  });

  test('what is judged away is not heard, and who left a topic hears nothing', async () => {
    const [a, b, c] = meshes();
    const heard: string[] = [];
    const judge = ({ bytes }: { bytes: Uint8Array }): Judgement =>
      fromUtf8(bytes) === 'spam' ? 'reject' : fromUtf8(bytes) === 'old' ? 'ignore' : 'accept';
    const stop = b.subscribe('news', ({ bytes }) => heard.push(`b ${fromUtf8(bytes)}`), judge);
    c.subscribe('news', ({ bytes }) => heard.push(`c ${fromUtf8(bytes)}`), judge);
    await vi.waitFor(async () => expect(await a.publish('news', utf8('old'))).toBe(2), WAIT);
    stop();
    await vi.waitFor(async () => expect(await a.publish('news', utf8('old'))).toBe(1), WAIT);
    await a.publish('news', utf8('spam'));
    await a.publish('news', utf8('fresh'));
    await vi.waitFor(() => expect(heard).toEqual(['c fresh']), WAIT);
  });
}

const linked = (mesh: Mesh): string[] =>
  mesh
    .peers()
    .filter(({ link }) => link !== 'none')
    .map(({ peer }) => peer)
    .sort();

async function readAll(stream: MeshStream, between?: () => Promise<void>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream.incoming) {
    chunks.push(chunk);
    await between?.();
  }
  return concat(...chunks);
}
