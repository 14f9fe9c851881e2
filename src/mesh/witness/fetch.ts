/** Asks a member that witnesses as one asks a witness on the web: whoever has a URL for it needs to know nothing else. */
import { cosignerKey, formatCosignerVkey, sha256Hex, utf8 } from '../../crypto';
import { LIMITS } from '../../protocol/limits';
import { MeshError } from '../errors';
import { FramedStream } from '../framed';
import { publicKeyOfPeer } from '../peer-id';
import type { Schedule } from '../schedule';
import type { Mesh } from '../types';
import { Response as Answer, WITNESS, WORD_BYTES } from './wire';

const SCHEME = 'mesh://';

/** The submission prefix of a member. */
export const witnessUrl = (peer: string): string => `${SCHEME}${peer}`;

/** The name of a member in cosignatures, which the hash of its key makes its own. */
export const witnessName = (publicKey: Uint8Array): string => `sovereign-witness/${sha256Hex(publicKey).slice(0, 16)}`;

/** The vkey of a member that cosigns with its node key; `undefined` for what is no peer id. Nothing has to be pinned. */
export function witnessVkey(peer: string): string | undefined {
  const key = publicKeyOfPeer(peer);
  return key && formatCosignerVkey(cosignerKey(witnessName(key), key));
}

export interface WitnessRequestInit {
  body?: unknown;
  signal?: AbortSignal | null;
}

/**
 * `fetch` for `mesh://<peer id>/<name>`: streams in place of HTTP, the same status codes and bodies.
 * @throws MeshError `unreachable`, `protocol_refused`, `stream_reset`, `timeout`, `frame_malformed`.
 */
export async function fetchWitness(
  { mesh, schedule }: { mesh: Mesh; schedule: Schedule },
  url: string,
  { body, signal }: WitnessRequestInit = {},
): Promise<Response> {
  const [, peer, name] = /^mesh:\/\/([A-Za-z0-9]+)\/([a-z0-9/-]+)$/.exec(url) ?? [];
  if (peer === undefined || name === undefined) throw new MeshError('unreachable', 'it is no address of a member');
  const stream = await mesh.open(peer, WITNESS, signal ? { signal } : {});
  const stop = (): void => stream.reset();
  signal?.addEventListener('abort', stop);
  try {
    const framed = new FramedStream(stream, { schedule, ms: LIMITS.witnessAnswerMs });
    await framed.sendJson({ v: 1, name });
    await framed.send(typeof body === 'string' ? utf8(body) : new Uint8Array());
    const { status, type } = await framed.needJson(Answer, WORD_BYTES);
    const text = await framed.need(LIMITS.witnessRequestBytes);
    await stream.close();
    return new Response(text, { status, headers: { 'Content-Type': type } });
  } catch (error) {
    stream.reset();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
