import { toWireError, type WireError } from '../../protocol/errors';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { WireRequest, WireResponse } from '../../protocol/messages';
import { MeshError } from '../errors';
import { FrameDecoder, type Frame } from '../frames';
import type { Schedule } from '../schedule';
import type { Mesh } from '../types';
import { framesOf } from './answers';
import { IPC_PROTOCOL, type Ask, type Dialect, type FrameStream } from './types';

/**
 * Answers the frames of one caller, one after the other and in their order: nothing more is read while a request is
 * under way or its answer is not taken, so a caller holds one frame and one answer of memory, however it behaves.
 *
 * What is no frame, no JSON or no request gets an `Error`. Who goes while a request is under way ends the waiting, not the
 * request. After an oversized frame, a half one that is not finished in
 * time, or an answer that nobody reads, the stream is closed. Never rejects.
 */
export async function serveFrames(
  stream: FrameStream,
  ask: Ask,
  { schedule, dialect = 'seed' }: { schedule: Schedule; dialect?: Dialect },
): Promise<void> {
  const decoder = new FrameDecoder();
  const left = new AbortController();
  const caller = { stream, ask, schedule, dialect, left: left.signal };
  const chunks = stream.incoming[Symbol.asyncIterator]();
  let giveUp: (() => void) | undefined;
  try {
    for (let chunk = await chunks.next(); !chunk.done;) {
      // Read one chunk ahead, to hear of a caller who goes while an answer is made.
      const next = chunks.next();
      const gone = whenGone(next, caller);
      gone.catch(() => left.abort());
      for (const frame of decoder.push(chunk.value)) {
        giveUp?.();
        giveUp = undefined;
        await Promise.race([answer(caller, frame), gone]);
        if ('error' in frame && frame.last) return await stream.close();
      }
      if (decoder.isInside) giveUp ??= schedule(() => stream.reset(), MESH_LIMITS.frameMs);
      chunk = await next;
    }
    if (decoder.isInside) await answer(caller, { error: cutOff(), last: true });
    await stream.close();
  } catch {
    // The caller went away in the midst of it, or was reset: there is nobody left to tell.
    stream.reset();
  } finally {
    giveUp?.();
  }
}

/** Rejects when nobody waits for an answer any more. A client of the seed's may close its side and still read. */
function whenGone(next: Promise<IteratorResult<Uint8Array>>, caller: Caller): Promise<never> {
  return next.then(({ done }) => {
    if (done && caller.dialect === 'typed') throw cutOff();
    return new Promise<never>(() => undefined);
  });
}

interface Caller {
  stream: FrameStream;
  ask: Ask;
  schedule: Schedule;
  dialect: Dialect;
  left: AbortSignal;
}

async function answer(caller: Caller, frame: Frame): Promise<void> {
  const { stream, schedule } = caller;
  const answered = 'value' in frame ? await answerTo(caller, frame.value) : { Error: toWireError(frame.error) };
  const late = schedule(() => stream.reset(), MESH_LIMITS.answerMs);
  try {
    for (const bytes of framesOf(answered, caller.dialect)) await stream.write(bytes);
  } finally {
    late();
  }
}

async function answerTo(caller: Caller, value: unknown): Promise<WireResponse> {
  const hello = helloOf(value);
  // What `value` is, the node's own door checks.
  if (!hello) return caller.ask(value as WireRequest, caller.left);
  if (hello.v !== 1) return { Error: toWireError(new MeshError('protocol_refused', 'This node speaks version 1.')) };
  caller.dialect = 'typed';
  return { Ok: { v: 1 } };
}

function helloOf(value: unknown): { v?: unknown } | undefined {
  if (typeof value !== 'object' || value === null || !('Hello' in value)) return undefined;
  return typeof value.Hello === 'object' && value.Hello !== null ? value.Hello : {};
}

/** Says why, and nothing more. Never rejects. */
export async function refuseStream(stream: FrameStream, error: WireError, dialect: Dialect): Promise<void> {
  try {
    for (const bytes of framesOf({ Error: error }, dialect)) await stream.write(bytes);
    await stream.close();
  } catch {
    stream.reset();
  }
}

/**
 * Serves remote control to members.
 * @param admit what this peer may ask with; throws a SovereignError where it may not ask at all
 * @returns what ends that
 */
export function serveIpc(mesh: Mesh, admit: (peer: string) => Promise<Ask>, schedule: Schedule): () => void {
  const open = new Map<string, number>();
  return mesh.handle(IPC_PROTOCOL, async (stream) => {
    const { peer } = stream;
    const streams = open.get(peer) ?? 0;
    if (streams >= MESH_LIMITS.ipcStreamsPerPeer) return refuseStream(stream, toWireError(tooMany()), 'typed');
    open.set(peer, streams + 1);
    try {
      const ask = await admit(peer).catch((error: unknown) => toWireError(error));
      await ('code' in ask
        ? refuseStream(stream, ask, 'typed')
        : serveFrames(stream, ask, { schedule, dialect: 'typed' }));
    } finally {
      const left = open.get(peer)! - 1;
      if (left > 0) open.set(peer, left);
      else open.delete(peer);
    }
  });
}

const cutOff = (): MeshError => new MeshError('frame_malformed', 'The stream ended inside a frame.');
const tooMany = (): MeshError =>
  new MeshError('overloaded', `${MESH_LIMITS.ipcStreamsPerPeer} streams of this device are open already.`, {
    advice: 'Close one, or wait for its answer.',
  });
