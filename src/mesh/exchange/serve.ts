/** Hands out content by its SHA-256 to members, chunk by chunk, as fast as they read it. */
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { FramedStream } from '../framed';
import type { Schedule } from '../schedule';
import { serveMembers } from '../serve';
import type { Mesh } from '../types';
import { chunksOf, spanOf, statesOf } from './chain';
import { Ask, CONTENT, Want, WORD_BYTES } from './wire';

export interface ContentServing {
  mesh: Mesh;
  schedule: Schedule;
  isMember: (peer: string) => boolean;
  /** The bytes of this name, if they are here and `peer` may have them. */
  find: (sha256: string, peer: string) => Promise<Uint8Array | undefined>;
}

interface Held {
  bytes: Uint8Array;
  states: Uint8Array;
}

/** Serves until what it returns is called. */
export function serveContent({ mesh, schedule, isMember, find }: ContentServing): () => void {
  const { contentMs: ms, contentStreamsPerPeer: perPeer, contentStreams: inAll } = MESH_LIMITS;
  /** Content with streams: read and hashed once for all of them. */
  const live = new Map<string, { readers: number; held: Promise<Held> }>();
  const breathe = (): Promise<void> => new Promise((resolve) => void schedule(resolve, 0));
  const hold = async (bytes: Uint8Array): Promise<Held> => ({ bytes, states: await statesOf(bytes, breathe) });

  return serveMembers(CONTENT, { mesh, isMember, patience: { schedule, ms }, perPeer, inAll }, async (framed, peer) => {
    const { sha256 } = await framed.needJson(Want, WORD_BYTES);
    // Asked for every member: who may have it is not who had it last.
    const bytes = await find(sha256, peer);
    if (!bytes || bytes.length > MESH_LIMITS.contentBytes) return framed.sendJson({ bytes: null });
    const entry = live.get(sha256) ?? { readers: 0, held: hold(bytes) };
    live.set(sha256, entry);
    entry.readers++;
    try {
      await handOut(framed, await entry.held);
    } finally {
      if (--entry.readers === 0) live.delete(sha256);
    }
  });
}

async function handOut(framed: FramedStream, { bytes, states }: Held): Promise<void> {
  await framed.sendJson({ bytes: bytes.length });
  await framed.send(states);
  for (;;) {
    const ask = await framed.json(Ask, WORD_BYTES);
    if (!ask) return;
    if (ask.chunk >= chunksOf(bytes.length)) throw new RangeError('no such chunk');
    await framed.send(bytes.subarray(...spanOf(ask.chunk, bytes.length)));
  }
}
