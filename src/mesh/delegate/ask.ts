/** Asks a member to run a skill, and believes nothing of the answer that is not proven. */
import type { Schedule } from '../schedule';
import type { JsonObject } from '../../protocol/json';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { MeshError } from '../errors';
import { FramedStream } from '../framed';
import type { Mesh } from '../types';
import { verifyRun, type DelegatedRun, type Head } from './verify';
import { Answer, DELEGATE, type Ask, type Evidence } from './wire';

export interface Delegation {
  mesh: Mesh;
  schedule: Schedule;
  peer: string;
  /** Chosen by the asker, used once: 32 hex characters. */
  request: string;
  skill: string;
  moduleSha256: string;
  inputSha256: string;
  /** What an order for it says here: the member's is to say the same. */
  args: JsonObject;
  /** The newest head of the member's log that is known here: what it shows now must extend that. */
  known?: Head | undefined;
  signal?: AbortSignal;
  /** It goes on: the member works, or waits for an approval. */
  onWaiting?: () => void;
}

/**
 * Resolves with the run once all of its evidence was verified, and with that evidence: {@link verifyEvidence} judges it
 * again later.
 * @throws MeshError `refused` with the member's `details.code`, `unreachable`, `protocol_refused`, `timeout`,
 *   `bad_signature`, `digest_mismatch`, `frame_malformed`; the signal's reason.
 */
export async function delegate(delegation: Delegation): Promise<{ run: DelegatedRun; evidence: Evidence }> {
  const { mesh, schedule, peer, args, known, signal, onWaiting } = delegation;
  signal?.throwIfAborted();
  const ask: Ask = {
    ...{ v: 1, request: delegation.request, skill: delegation.skill, seen: known?.size ?? 0 },
    ...{ module_sha256: delegation.moduleSha256, input_sha256: delegation.inputSha256 },
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
        const evidence: Evidence = { v: 1, asker: mesh.self, member: peer, args, ask, answer };
        return { run: await verifyRun(evidence, known), evidence };
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

const refused = ({ code, why }: { code: string; why: string }): MeshError =>
  new MeshError('refused', `The member refused (${code}): ${why}`, {
    advice: 'Its owner grants it under Mesh, at this device’s name; its log says why it was refused.',
    details: { code },
  });
