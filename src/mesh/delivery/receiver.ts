/** Takes what members deliver: each message is kept before it is acknowledged, and one that comes again is not kept twice. */
import * as v from 'valibot';
import type { Json } from '../../protocol/json';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { RecordStore } from '../../storage';
import type { FramedStream } from '../framed';
import { inTurn } from '../../protocol/in-turn';
import type { Schedule } from '../schedule';
import { serveMembers } from '../serve';
import type { Mesh } from '../types';
import { DELIVER, Hello, Message, MESSAGE_BYTES, Received, WORD_BYTES } from './wire';

const PREFIX = 'mesh/inbox/';

export interface Delivered {
  from: string;
  /** The sender's own, 128 bits: the same when a crash made it come twice. */
  id: string;
  kind: string;
  body: Json;
}

/**
 * Keeps a message, durably, before it resolves. A text is why it never will: its sender is told, and does not try again.
 * When it throws, the message comes again later.
 */
export type Keep = (message: Delivered) => Promise<void | { refused: string }>;

export interface ReceiverDeps {
  mesh: Mesh;
  records: RecordStore;
  schedule: Schedule;
  isMember: (peer: string) => boolean;
  keep: Keep;
}

/** Serves until what it returns is called. */
export function receive({ mesh, records, schedule, isMember, keep }: ReceiverDeps): () => void {
  const turns = new Map<string, { turn: ReturnType<typeof inTurn>; newest: FramedStream }>();
  const patience = { schedule, ms: MESH_LIMITS.deliverMs };
  // Two of a member: the one that it lost, and the one that it opened after it.
  const serving = { mesh, isMember, patience, perPeer: 2, inAll: 2 * MESH_LIMITS.members };
  return serveMembers(DELIVER, serving, async (framed, from) => {
    const before = turns.get(from);
    before?.newest.stream.reset();
    const own = { turn: before?.turn ?? inTurn(), newest: framed };
    turns.set(from, own);
    try {
      await own.turn(() => takeAll(framed, from, records, keep));
    } finally {
      if (turns.get(from) === own) turns.delete(from);
    }
  });
}

async function takeAll(framed: FramedStream, from: string, records: RecordStore, keep: Keep): Promise<void> {
  const { row } = await framed.needJson(Hello, WORD_BYTES);
  const stored = await records.get(PREFIX + from);
  const received = stored === undefined ? undefined : v.parse(Received, stored);
  let last = received?.row === row ? received.last : 0;
  await framed.sendJson({ last });
  for (;;) {
    const message = await framed.json(Message, MESSAGE_BYTES);
    if (!message) return;
    const { number, ...rest } = message;
    let refused: { refused: string } | void = undefined;
    if (number > last) {
      try {
        refused = await keep({ from, ...rest });
      } catch {
        // In order, or not at all: what is behind it comes again too.
        return await framed.sendJson({ number, outcome: 'later' });
      }
      await records.commit(new Map([[PREFIX + from, { row, last: number }]]));
      last = number;
    }
    if (refused) await framed.sendJson({ number, outcome: 'refused', why: refused.refused.slice(0, 512) });
    else await framed.sendJson({ number, outcome: 'kept' });
  }
}

/** What is remembered of a member that left. */
export const forgetReceived = (records: RecordStore, peer: string): Promise<void> =>
  records.commit(new Map([[PREFIX + peer, undefined]]));
