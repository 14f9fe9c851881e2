import { concat, hex, utf8 } from './encoding';
import { field, sshKey } from './ssh-wire';

const KRL_MAGIC = 'SSHKRL\n\0';
const KRL_FORMAT = 1;
const KRL_EXPLICIT_KEYS = 2;

const uint = (value: number, bytes: 4 | 8): Uint8Array => {
  const out = new Uint8Array(bytes);
  const view = new DataView(out.buffer);
  if (bytes === 8) view.setBigUint64(0, BigInt(value));
  else view.setUint32(0, value);
  return out;
};

/**
 * OpenSSH's list of revoked keys (PROTOCOL.krl), for `ssh-keygen -Y verify -r`. Unsigned: the bundle's list covers it.
 * The keys stand in the order of their bytes, as OpenSSH writes them; its version is the number of keys.
 *
 * @param generatedAt Unix seconds
 */
export function encodeKrl(
  revoked: readonly Uint8Array[],
  generatedAt: number,
  comment: string,
): Uint8Array<ArrayBuffer> {
  const keys = [...new Map(revoked.map((key) => [hex(key), key])).entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  const head = concat(
    utf8(KRL_MAGIC),
    uint(KRL_FORMAT, 4),
    uint(keys.length, 8),
    uint(generatedAt, 8),
    uint(0, 8),
    field(''),
    field(comment),
  );
  if (keys.length === 0) return head;
  const section = concat(...keys.map(([, key]) => field(sshKey(key))));
  return concat(head, Uint8Array.of(KRL_EXPLICIT_KEYS), field(section));
}
