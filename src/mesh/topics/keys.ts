/**
 * What the topic key of one epoch gives its topics: a name under which nobody without the key knows a topic, and the key
 * that seals what is said there. docs/mesh-protocols.md, with vectors.
 */
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, hex, utf8 } from '../../crypto';
import { MESH_LIMITS } from '../../protocol/mesh-limits';

const VERSION = 1;
const NONCE_BYTES = 24;
const TAG_BYTES = 16;
/** Version, epoch, nonce. */
const HEAD_BYTES = 1 + 4 + NONCE_BYTES;
export const SEAL_BYTES = HEAD_BYTES + TAG_BYTES;
export const LAST_EPOCH = 0xffff_ffff;

export class EpochKeys {
  readonly epoch: number;
  readonly #nameKey: Uint8Array;
  readonly #sealKey: Uint8Array;

  /** `key`: the topic key of the epoch, 32 bytes. @throws RangeError for an epoch that is no u32 */
  constructor(epoch: number, key: Uint8Array) {
    if (!Number.isInteger(epoch) || epoch < 0 || epoch > LAST_EPOCH) throw new RangeError('an epoch is a u32');
    this.epoch = epoch;
    this.#nameKey = hkdf(sha256, key, undefined, utf8('sovereign-node/topic-name/1'), 32);
    this.#sealKey = hkdf(sha256, key, undefined, utf8('sovereign-node/topic-seal/1'), 32);
  }

  /** What the topic is called on the mesh: HMAC-SHA256 of its name, hex. @throws RangeError for an unusable name */
  topic(name: string): string {
    const bytes = utf8(name);
    if (bytes.length === 0 || bytes.length > MESH_LIMITS.topicNameBytes || !name.isWellFormed()) {
      throw new RangeError(`a topic's name has 1 to ${MESH_LIMITS.topicNameBytes} bytes`);
    }
    return hex(hmac(sha256, this.#nameKey, bytes));
  }

  /** `nonce`: 24 random bytes. Topic and sender are bound, so that neither can be exchanged. */
  seal(topic: string, from: string, plain: Uint8Array, nonce: Uint8Array): Uint8Array<ArrayBuffer> {
    const head = new Uint8Array(HEAD_BYTES);
    head[0] = VERSION;
    new DataView(head.buffer).setUint32(1, this.epoch, true);
    head.set(nonce, 5);
    return concat(head, xchacha20poly1305(this.#sealKey, nonce, bound(head, topic, from)).encrypt(plain));
  }

  /** What {@link seal} took, or `undefined` when any of it is not so. */
  open(topic: string, from: string, sealed: Uint8Array): Uint8Array | undefined {
    const head = sealed.subarray(0, HEAD_BYTES);
    try {
      const cipher = xchacha20poly1305(this.#sealKey, head.subarray(5), bound(head, topic, from));
      return cipher.decrypt(sealed.subarray(HEAD_BYTES));
    } catch {
      return undefined;
    }
  }
}

const bound = (head: Uint8Array, topic: string, from: string): Uint8Array =>
  concat(head.subarray(0, 5), utf8(`sovereign-node/topic/1\n${topic}\n${from}\n`));

/** The epoch that a message names, or `undefined` when it is no sealed message. */
export function epochOf(sealed: Uint8Array): number | undefined {
  if (sealed.length < SEAL_BYTES || sealed[0] !== VERSION) return undefined;
  return new DataView(sealed.buffer, sealed.byteOffset).getUint32(1, true);
}
