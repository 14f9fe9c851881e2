/** For tests of the exchange: content, members that have it, and members that pretend to. */
import { sha256Hex } from '../../crypto';
import { createMemoryStorage, MemoryDisk } from '../../storage';
import { FramedStream } from '../framed';
import { TestTime } from '../testing/time';
import { memoryMesh, type MemoryNode } from '../testkit';
import { spanOf, statesOf } from './chain';
import { fetchContent, type ContentRequest } from './fetch';
import { serveContent } from './serve';
import { CONTENT } from './wire';

export const now = (): Promise<void> => Promise.resolve();

/** Bytes that are the same for the same seed, and no chunk of which is like another. */
export function content(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  let x = seed;
  for (let i = 0; i < length; i++) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0;
    out[i] = x >>> 24;
  }
  return out;
}

export interface Setting {
  time: TestTime;
  me: MemoryNode;
  others: MemoryNode[];
  disk: MemoryDisk;
  get: (bytes: Uint8Array, options?: globalThis.Partial<ContentRequest>) => ReturnType<typeof fetchContent>;
}

export function setting(others: number): Setting {
  const time = new TestTime();
  const [me, ...rest] = memoryMesh(others + 1);
  const disk = new MemoryDisk();
  const get: Setting['get'] = async (bytes, options = {}) => {
    const storage = createMemoryStorage({ disk });
    await storage.claimWriter();
    const request = { mesh: me!, peers: rest.map(({ self }) => self), sha256: sha256Hex(bytes), maxBytes: 1e9 };
    return fetchContent({ ...request, store: storage, schedule: time.schedule, ...options });
  };
  return { time, me: me!, others: rest, disk, get };
}

export const give = (mesh: MemoryNode, time: TestTime, ...contents: Uint8Array[]): (() => void) => {
  const known = new Map(contents.map((bytes) => [sha256Hex(bytes), bytes]));
  const find = (name: string): Promise<Uint8Array | undefined> => Promise.resolve(known.get(name));
  return serveContent({ mesh, schedule: time.schedule, isMember: () => true, find });
};

/** Serves by hand: what a liar or a sluggard would. */
export function giveFalsely(
  mesh: Pick<MemoryNode, 'handle'>,
  time: Pick<TestTime, 'schedule'>,
  bytes: Uint8Array,
  change: (part: {
    states?: Uint8Array;
    chunk?: Uint8Array;
    index?: number;
  }) => Uint8Array | undefined | Promise<Uint8Array | undefined>,
  length = bytes.length,
): void {
  mesh.handle(CONTENT, async (stream) => {
    const framed = new FramedStream(stream, { schedule: time.schedule, ms: 1e6 });
    await framed.next(1_000);
    await framed.sendJson({ bytes: length });
    const states = await statesOf(bytes, now);
    await framed.send((await change({ states })) ?? states);
    for (;;) {
      const ask = await framed.next(1_000);
      if (!ask) return;
      const { chunk: index } = JSON.parse(Buffer.from(ask).toString()) as { chunk: number };
      const chunk = bytes.slice(...spanOf(index, bytes.length));
      const sent = await change({ chunk, index });
      if (sent) await framed.send(sent);
    }
  });
}
