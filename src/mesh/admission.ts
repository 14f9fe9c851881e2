/**
 * How a relay learns whose networks it carries: the relay's key of each, which opens nothing but the link to the relay.
 *
 * - The operator names key files (`--relay-key-file`).
 * - The first node of a new mesh posts it to its own server, `POST /mesh/networks`: on the same machine by itself, from
 *   elsewhere with the relay's token. That is {@link askAdmission}.
 */
import * as v from 'valibot';
import { hex } from '../crypto';
import { MESH_LIMITS } from '../protocol/mesh-limits';
import { MeshError } from './errors';

const answer = v.strictObject({
  /** The relay's peer id. */
  peer: v.string(),
  /** Multiaddrs at which members reach it. */
  addresses: v.pipe(v.array(v.pipe(v.string(), v.maxLength(MESH_LIMITS.addrChars))), v.maxLength(16)),
  /** `stun:` URLs of its own STUN responder, none where it has none. */
  stun: v.pipe(v.array(v.pipe(v.string(), v.startsWith('stun:'), v.maxLength(MESH_LIMITS.addrChars))), v.maxLength(4)),
});
export type Admission = v.InferOutput<typeof answer>;

export interface AdmissionRequest {
  /** Of the relay, e.g. the page's own. */
  origin: string;
  /** 32 bytes. */
  relayKey: Uint8Array;
  /** From the relay's operator; without one only a relay on this machine serves a new network. */
  token?: string;
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  signal?: AbortSignal;
}

/**
 * Asks a relay to serve the network of this key. May be asked again at any time.
 * @throws MeshError `unreachable`, `refused` (not without a token), `overloaded` (it has as many as it takes)
 */
export async function askAdmission({ origin, relayKey, token, fetch, signal }: AdmissionRequest): Promise<Admission> {
  let response: Response;
  try {
    response = await fetch(new URL('/mesh/networks', origin).href, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ relay_key: hex(relayKey) }),
      redirect: 'error',
      ...(signal ? { signal } : {}),
    });
  } catch (cause) {
    throw new MeshError('unreachable', 'the relay does not answer', { cause, advice: 'Check that it runs.' });
  }
  if (response.status === 403 || response.status === 401) {
    throw new MeshError('refused', 'the relay serves no new network without its token', {
      advice: 'Ask its operator for the token, or give the operator your relay key.',
    });
  }
  if (response.status === 429 || response.status === 503) {
    throw new MeshError('overloaded', 'the relay takes no more networks now', { advice: 'Use another relay.' });
  }
  const parsed = response.ok ? v.safeParse(answer, await response.json().catch(() => undefined)) : undefined;
  if (parsed?.success) return parsed.output;
  throw new MeshError('unreachable', `this is no relay (status ${String(response.status)})`, {
    advice: 'Check the address.',
  });
}
