/**
 * C2SP cosignatures (c2sp.org/tlog-cosignature), type `cosignature/v1` over Ed25519: a witness says that at a time this
 * was the largest tree of the log it had seen, and that it extends every one it saw before. The time is signed too.
 */
import { isSafePublicKey, verifySignature } from './ed25519';
import type { Signer } from './ed25519';
import { concat, utf8 } from './encoding';
import { formatSignature, formatVkey, noteKey, parseVkey } from './note';
import type { Note, NoteKey, NoteSignature } from './note';

/** Signature type of `cosignature/v1` in key ids and vkeys. ML-DSA-44 is 0x06 and not supported here. */
const COSIGNATURE_V1 = 0x04;
const TIME_BYTES = 8;
/** The last second that a JavaScript Date can name: a time past it is nonsense, and would break whoever shows it. */
const LAST_SECOND = 8_640_000_000_000;

/** The key of the witness `name`; its id differs from that of a log key over the same bytes. */
export const cosignerKey = (name: string, publicKey: Uint8Array): NoteKey => noteKey(name, publicKey, COSIGNATURE_V1);

export const formatCosignerVkey = (key: NoteKey): string => formatVkey(key, COSIGNATURE_V1);

/** Reads a witness's vkey, or `undefined`: also for a log's (another type) and for a key of small order. */
export function parseCosignerVkey(text: string): NoteKey | undefined {
  const key = parseVkey(text, COSIGNATURE_V1);
  return key && isSafePublicKey(key.publicKey) ? key : undefined;
}

const message = (noteText: string, seconds: number): Uint8Array => utf8(`cosignature/v1\ntime ${seconds}\n${noteText}`);

/**
 * One signature line (LF included) by the witness `name` over a checkpoint's text. `unixSeconds` is when.
 *
 * @throws RangeError for a time that is not a whole number of seconds from 1970 on.
 */
export async function cosign(noteText: string, name: string, signer: Signer, unixSeconds: number): Promise<string> {
  if (!isTime(unixSeconds)) throw new RangeError('a cosignature carries whole seconds since 1970');
  const key = cosignerKey(name, signer.publicKey);
  const time = new Uint8Array(TIME_BYTES);
  new DataView(time.buffer).setBigUint64(0, BigInt(unixSeconds));
  const signature = concat(time, await signer.sign(message(noteText, unixSeconds)));
  return formatSignature({ name, keyId: key.id, signature });
}

const isTime = (seconds: number): boolean => Number.isSafeInteger(seconds) && seconds >= 0 && seconds <= LAST_SECOND;

/**
 * When (unix seconds) the witness `key` cosigned this checkpoint; the earliest when it did more than once. `undefined`
 * when it did not, or when any line in its name does not hold.
 */
export async function verifyCosignature(note: Note, key: NoteKey): Promise<number | undefined> {
  const own = note.signatures.filter((s) => s.name === key.name && s.keyId === key.id);
  const times = await Promise.all(own.map((s) => timeOf(s, note.text, key)));
  if (times.length === 0 || !times.every((time) => time !== undefined)) return undefined;
  return Math.min(...times);
}

async function timeOf({ signature }: NoteSignature, text: string, key: NoteKey): Promise<number | undefined> {
  if (signature.length !== TIME_BYTES + 64) return undefined;
  const seconds = Number(new DataView(signature.buffer, signature.byteOffset).getBigUint64(0));
  if (!isTime(seconds)) return undefined;
  const holds = await verifySignature(key.publicKey, message(text, seconds), signature.subarray(TIME_BYTES));
  return holds ? seconds : undefined;
}
