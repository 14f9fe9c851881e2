/**
 * How members that know a relay find each other, without the relay's key telling anybody who they are. A member opens a
 * stream to the relay and writes one *seal*: its own peer id, encrypted to the mesh. The relay answers with the seals
 * of others that hold a reservation there, in random order, and closes. It cannot read them, and neither can somebody
 * who has the relay's key alone. A seal is {@link SEAL_BYTES} long, so an answer is cut without any framing.
 *
 * A seal is a nonce of 24 random bytes and the XChaCha20-Poly1305 box of the 52 ASCII characters of the peer id, under
 * HKDF-SHA256(mesh key, info "sovereign-node/rendezvous/1"). It proves membership, not presence: who holds one can hand
 * it in again, and a dial to that peer then fails.
 */
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, fromUtf8, utf8 } from '../crypto';
import type { Random } from '../protocol/runtime';
import { publicKeyOfPeer } from './peer-id';

export const RENDEZVOUS = '/sovereign/rendezvous/1.0.0';
/** Seals in one answer: more than a node keeps links to, so that a few are alive. */
const PEERS = 32;
const NONCE_BYTES = 24;
const PEER_CHARS = 52;
export const SEAL_BYTES = NONCE_BYTES + PEER_CHARS + 16;
/** An answer's most bytes. */
export const RENDEZVOUS_BYTES = PEERS * SEAL_BYTES;

/** What a member writes to the relay. `peer`: its own id. */
export function sealPeer(peer: string, meshKey: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const nonce = random.bytes(NONCE_BYTES);
  return concat(nonce, xchacha20poly1305(sealKey(meshKey), nonce).encrypt(utf8(peer)));
}

/** The peer ids in a relay's answer. Seals that are not of this mesh are left out, and so is what is beyond the bound. */
export function openPeers(answer: Uint8Array, meshKey: Uint8Array): string[] {
  const key = sealKey(meshKey);
  const peers = new Set<string>();
  for (let at = 0; at + SEAL_BYTES <= Math.min(answer.length, RENDEZVOUS_BYTES); at += SEAL_BYTES) {
    const peer = openSeal(answer.subarray(at, at + SEAL_BYTES), key);
    if (peer !== undefined) peers.add(peer);
  }
  return [...peers];
}

function openSeal(seal: Uint8Array, key: Uint8Array): string | undefined {
  try {
    const peer = fromUtf8(xchacha20poly1305(key, seal.subarray(0, NONCE_BYTES)).decrypt(seal.subarray(NONCE_BYTES)));
    return publicKeyOfPeer(peer) && peer;
  } catch {
    return undefined;
  }
}

const sealKey = (meshKey: Uint8Array): Uint8Array =>
  hkdf(sha256, meshKey, undefined, utf8('sovereign-node/rendezvous/1'), 32);
