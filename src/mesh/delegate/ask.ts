/** Asks a member to run a skill, and believes nothing of the answer that is not proven. */
import { hex } from '../../crypto';
import type { ExecutionReplay, Replayed } from '../../protocol/execution';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { Random } from '../../protocol/runtime';
import { MeshError } from '../errors';
import { FramedStream } from '../framed';
import type { Schedule } from '../schedule';
import type { Mesh } from '../types';
import { verifyRun, type DelegatedRun } from './verify';
import { Answer, DELEGATE, type Ask } from './wire';

export interface Delegation {
  mesh: Mesh;
  schedule: Schedule;
  random: Random;
  peer: string;
  skill: string;
  moduleSha256: string;
  inputSha256: string;
  signal?: AbortSignal;
  /** It goes on: the member works, or waits for an approval. */
  onWaiting?: () => void;
}

/**
 * Resolves with the run once all of its evidence was verified.
 * @throws MeshError `refused` with the member's `details.code`, `unreachable`, `protocol_refused`, `timeout`,
 *   `bad_signature`, `digest_mismatch`, `frame_malformed`; the signal's reason.
 */
export async function delegate(delegation: Delegation): Promise<DelegatedRun> {
  const { mesh, schedule, random, peer, skill, moduleSha256, inputSha256, signal, onWaiting } = delegation;
  signal?.throwIfAborted();
  const ask: Ask = {
    ...{ v: 1, request: hex(random.bytes(16)), skill },
    ...{ module_sha256: moduleSha256, input_sha256: inputSha256 },
  };
  const stream = await mesh.open(peer, DELEGATE, signal ? { signal } : {});
  const stop = (): void => stream.reset();
  signal?.addEventListener('abort', stop);
  try {
    const framed = new FramedStream(stream, { schedule, ms: MESH_LIMITS.delegateMs });
    await framed.sendJson({ ...ask });
    for (;;) {
      const answer = await framed.needJson(Answer, MESH_LIMITS.memberFrameBytes);
      if (answer.state === 'refused') throw refused(answer);
      if (answer.state === 'done') {
        await stream.close();
        return await verifyRun(ask, mesh.self, peer, answer);
      }
      onWaiting?.();
    }
  } catch (error) {
    stream.reset();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** Makes the run again here and compares. `undefined` for one that left no record. */
export async function compareRun(
  run: DelegatedRun,
  replay: ExecutionReplay,
  blobs: (sha256: string) => Promise<Uint8Array | undefined>,
  signal?: AbortSignal,
): Promise<Replayed | undefined> {
  return run.execution && replay(run.execution, blobs, signal);
}

const refused = ({ code, why }: { code: string; why: string }): MeshError =>
  new MeshError('refused', `The member refused: ${why}`, {
    advice: 'Ask its owner to grant it; its log says why it was refused.',
    details: { code },
  });
