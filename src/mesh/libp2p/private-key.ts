import { publicKeyFromRaw } from '@libp2p/crypto/keys';
import type { Ed25519PrivateKey, Ed25519PublicKey } from '@libp2p/interface';
import type { Signer } from '../../crypto';

/** The node's key as libp2p takes one, so that the peer id is the node's key: it signs, and never shows itself. */
export function privateKeyOf(signer: Signer): Ed25519PrivateKey {
  const publicKey = publicKeyFromRaw(signer.publicKey) as Ed25519PublicKey;
  return {
    type: 'Ed25519',
    publicKey,
    get raw(): Uint8Array {
      throw new TypeError('the node’s key does not leave its signer');
    },
    equals: (other?: { publicKey?: unknown }) => publicKey.equals(other?.publicKey),
    sign: (data) => signer.sign(data.subarray()),
  };
}
