/**
 * The keys of a private network, and the file that libp2p implementations keep one in.
 * https://github.com/libp2p/specs/blob/master/pnet/Private-Networks-PSK-V1.md
 */
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { fromHex, hex, utf8 } from '../../crypto';
import { MeshError } from '../errors';

export const NETWORK_KEY_BYTES = 32;
const HEADER = '/key/swarm/psk/1.0.0/';
const CODEC = '/base16/';

/** A key file's text: three lines, the last without an end, byte for byte what `ipfs-swarm-key-gen` writes. */
export function formatSwarmKey(key: Uint8Array): string {
  if (key.length !== NETWORK_KEY_BYTES) throw new RangeError('a network key has 32 bytes');
  return `${HEADER}\n${CODEC}\n${hex(key)}`;
}

/**
 * The key in a key file. Line ends of any kind, an empty last line and upper-case hex are taken, as others do.
 * @throws MeshError `wrong_key`; the message never holds any of the file's text
 */
export function parseSwarmKey(text: string): Uint8Array<ArrayBuffer> {
  const [header, codec, digits = '', ...rest] = text.split(/\r\n|\r|\n/);
  if (header !== HEADER) throw notKey(`its first line is not ${HEADER}`);
  if (codec !== CODEC) throw notKey(`its second line is not ${CODEC}`);
  const key = fromHex(digits.toLowerCase());
  if (key?.length !== NETWORK_KEY_BYTES || rest.some((line) => line !== '')) {
    throw notKey('its third and last line is not 64 hex digits');
  }
  return key;
}

/**
 * What members share with a relay: HKDF-SHA256(mesh key, no salt, info "sovereign-node/relay/1"), 32 bytes. From it
 * the mesh key cannot be found, so a relay carries what it cannot read.
 */
export const relayKeyOf = (meshKey: Uint8Array): Uint8Array =>
  hkdf(sha256, meshKey, undefined, utf8('sovereign-node/relay/1'), NETWORK_KEY_BYTES);

const notKey = (why: string): MeshError =>
  new MeshError('wrong_key', `this is not a swarm key: ${why}`, {
    advice: 'Give the file that `sovereign swarm-key` or another libp2p program wrote.',
  });
