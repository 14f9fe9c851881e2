/**
 * C2SP signed notes (c2sp.org/signed-note) and the tree heads they carry (c2sp.org/tlog-checkpoint), Ed25519 only. The
 * parsers are strict: what they accept is what the writers here and Go's `golang.org/x/mod/sumdb/note` write.
 */
import { verifySignature } from './ed25519';
import type { Signer } from './ed25519';
import { base64, concat, equalBytes, fromBase64, fromHex, fromUtf8, hex, utf8 } from './encoding';
import { sha256 } from './hash';
import type { Sha256 } from './hash';

const ED25519 = 0x01;
/** Bounds from outside: a note of ours is 300 bytes; with a hundred witnesses it is 12 kB. */
const NOTE_BYTES = 64 * 1024;
const NOTE_SIGNATURES = 100;

/** A key that may sign notes. `id` is 4 bytes in hex. */
export interface NoteKey {
  name: string;
  id: string;
  publicKey: Uint8Array<ArrayBuffer>;
}

export interface NoteSignature {
  name: string;
  /** 4 bytes in hex. */
  keyId: string;
  signature: Uint8Array<ArrayBuffer>;
}

export interface Note {
  /** What is signed: everything up to and with the LF before the blank line. */
  text: string;
  signatures: NoteSignature[];
}

/** Body of a checkpoint: origin, number of leaves, RFC 6962 root in hex. */
export interface CheckpointBody {
  origin: string;
  size: number;
  root: Sha256;
}

/** Key names are not empty and hold neither white space nor `+`. */
const isKeyName = (name: string): boolean =>
  name.length > 0 && !/[\s+\p{White_Space}]/u.test(name) && name.isWellFormed();

/**
 * The verifier key of a raw Ed25519 public key. `name` is the log's origin. `type` is the signature type that the key is
 * for: a log signs notes as they are, a witness signs them with a time (see cosignature.ts).
 */
export function noteKey(name: string, publicKey: Uint8Array, type = ED25519): NoteKey {
  if (!isKeyName(name)) throw new TypeError('a note key name is empty or holds white space or +');
  if (publicKey.length !== 32) throw new TypeError('an Ed25519 public key has 32 bytes');
  const id = sha256(concat(utf8(`${name}\n`), Uint8Array.of(type), publicKey)).subarray(0, 4);
  return { name, id: hex(id), publicKey: Uint8Array.from(publicKey) };
}

/** `name+hash+base64(type || key)`: how a note key is written in a file. */
export const formatVkey = (key: NoteKey, type = ED25519): string =>
  `${key.name}+${key.id}+${base64(concat(Uint8Array.of(type), key.publicKey))}`;

/** Reads a vkey, or `undefined` when it is malformed, of another type or its hash is not its own. */
export function parseVkey(text: string, type = ED25519): NoteKey | undefined {
  const parts = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text);
  const bytes = parts ? fromBase64(parts[3]!) : undefined;
  if (!parts || bytes?.length !== 33 || bytes[0] !== type || !isKeyName(parts[1]!)) return undefined;
  const key = noteKey(parts[1]!, bytes.subarray(1), type);
  return key.id === parts[2] ? key : undefined;
}

/** Signs `text` (which ends in LF and has no empty line at its end) as `name`. */
export async function signNote(text: string, name: string, signer: Signer): Promise<string> {
  const key = noteKey(name, signer.publicKey);
  if (!isNoteText(text)) throw new TypeError('a note text ends in LF and holds no control characters');
  const signature = await signer.sign(utf8(text));
  return `${text}\n${formatSignature({ name, keyId: key.id, signature })}`;
}

/** One signature line, LF included. */
export const formatSignature = ({ name, keyId, signature }: NoteSignature): string =>
  `\u2014 ${name} ${base64(concat(fromHex(keyId)!, signature))}\n`;

/** C2SP: no ASCII control character but LF. */
function isNoteText(text: string): boolean {
  if (!text.endsWith('\n') || !text.isWellFormed()) return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x20 && text[i] !== '\n') return false;
  return true;
}

/** Takes a signed note apart without checking a signature, or `undefined` when it is none. */
export function parseNote(note: string | Uint8Array): Note | undefined {
  const whole = typeof note === 'string' ? note : decode(note);
  if (whole === undefined || whole.length > NOTE_BYTES || !isNoteText(whole)) return undefined;
  const blank = whole.lastIndexOf('\n\n');
  if (blank < 0) return undefined;
  const lines = whole.slice(blank + 2, -1).split('\n');
  if (lines.length > NOTE_SIGNATURES) return undefined;
  const signatures = lines.map(parseSignature);
  if (!signatures.every((s) => s !== undefined)) return undefined;
  return { text: whole.slice(0, blank + 1), signatures };
}

function decode(bytes: Uint8Array): string | undefined {
  if (bytes.length > NOTE_BYTES) return undefined;
  try {
    return fromUtf8(bytes);
  } catch {
    return undefined;
  }
}

function parseSignature(line: string): NoteSignature | undefined {
  const parts = /^\u2014 (\S+) (\S+)$/u.exec(line);
  const bytes = parts ? fromBase64(parts[2]!) : undefined;
  if (!parts || !bytes || bytes.length < 5 || !isKeyName(parts[1]!)) return undefined;
  return { name: parts[1]!, keyId: hex(bytes.subarray(0, 4)), signature: bytes.slice(4) };
}

/** True when the note carries a valid signature by `key`, and no invalid one in its name. */
export async function verifyNote(note: Note, key: NoteKey): Promise<boolean> {
  const own = note.signatures.filter((s) => s.name === key.name && s.keyId === key.id);
  if (own.length === 0) return false;
  const message = utf8(note.text);
  const verdicts = await Promise.all(own.map((s) => verifySignature(key.publicKey, message, s.signature)));
  return verdicts.every(Boolean);
}

/** The signed text of a checkpoint. */
export const formatCheckpoint = (body: CheckpointBody): string =>
  `${body.origin}\n${body.size}\n${base64(fromHex(body.root)!)}\n`;

/** Reads a note's text as a checkpoint, or `undefined`. Extension lines after the root are allowed and ignored. */
export function parseCheckpoint(text: string): CheckpointBody | undefined {
  const [origin, size, root, ...rest] = text.split('\n');
  if (!origin || size === undefined || root === undefined || rest.at(-1) !== '') return undefined;
  if (rest.slice(0, -1).includes('') || !/^(0|[1-9][0-9]{0,15})$/.test(size)) return undefined;
  const count = Number(size);
  const head = fromBase64(root);
  if (!Number.isSafeInteger(count) || head?.length !== 32) return undefined;
  if (count === 0 && !equalBytes(head, sha256(new Uint8Array()))) return undefined;
  return { origin, size: count, root: hex(head) };
}
