/** The member's side of two-key private networking: one key among members, another with relays. */
import type { ConnectionProtector, MultiaddrConnection } from '@libp2p/interface';
import { byteStream } from '@libp2p/utils';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { systemRandom } from '../../protocol/runtime';
import { PrivateConnection } from './connection';
import { KeyStream, NONCE_BYTES } from './key-stream';
import { NETWORK_KEY_BYTES, relayKeyOf } from './keys';

/** A stranger's bytes kept before both nonces are there: the nonce and what a hasty peer says first. */
const HANDSHAKE_BYTES = 4_096;

export interface NetworkKeys {
  /** 32 bytes, known to members alone: for circuits, whose bytes a relay sees. */
  mesh: Uint8Array;
  /** 32 bytes, for links to relays. {@link relayKeyOf} the mesh key unless the relay has its own. */
  relay?: Uint8Array;
  /** The mesh key that a member was left with which may not know the present one: for dialling it, to tell it. */
  old?: (peer: string) => Uint8Array | undefined;
}

/**
 * For libp2p's `connectionProtector`. `nonceMs`: how long the other side may take to send its nonce; libp2p's own
 * patience, which is with the whole handshake, ends it sooner or not at all. @throws RangeError for a key of another length
 */
export function twoKeyProtector(
  { mesh, relay = relayKeyOf(mesh), old }: NetworkKeys,
  nonceMs: number = MESH_LIMITS.nonceMs,
): () => ConnectionProtector {
  if (mesh.length !== NETWORK_KEY_BYTES || relay.length !== NETWORK_KEY_BYTES) {
    throw new RangeError('a network key has 32 bytes');
  }
  return () => ({
    protect(stream, options) {
      const late = AbortSignal.timeout(nonceMs);
      const signal = options?.signal ? AbortSignal.any([options.signal, late]) : late;
      // libp2p's upgrader protects connections only; its interface says less than that.
      const connection = stream as MultiaddrConnection;
      if (!isCircuit(connection)) return protect(connection, relay, { signal });
      return protect(connection, old?.(dialled(connection)) ?? mesh, { signal });
    },
  });
}

/** Over a circuit the relay reads along, so it must not be the relay's key. */
const isCircuit = (connection: MultiaddrConnection): boolean =>
  connection.remoteAddr.getComponents().some(({ name }) => name === 'p2p-circuit');

/** Whom we dial over a circuit; nobody when the other side dials us. */
const dialled = ({ direction, remoteAddr }: MultiaddrConnection): string =>
  direction === 'outbound' ? (remoteAddr.getComponents().at(-1)?.value ?? '') : '';

/** A connection hidden under `key`. Exchanges nonces: each side's 24 bytes are the first that it sends, and start the stream that hides its others. */
export async function protect(
  connection: MultiaddrConnection,
  key: Uint8Array,
  { signal }: { signal: AbortSignal },
): Promise<MultiaddrConnection> {
  const ours = systemRandom.bytes(NONCE_BYTES);
  const bytes = byteStream(connection, { maxBufferSize: HANDSHAKE_BYTES });
  const [theirs] = await Promise.all([bytes.read({ bytes: NONCE_BYTES, signal }), bytes.write(ours, { signal })]);
  const incoming = new KeyStream(key, theirs.subarray());
  return new PrivateConnection(bytes.unwrap(), incoming, new KeyStream(key, ours));
}
