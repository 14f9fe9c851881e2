/** What the C2SP proof texts share: decimal numbers, hashes one a line, then an empty line and a checkpoint note. */
import { base64, fromBase64, fromUtf8 } from './encoding';
import { parseNote } from './note';

type Hash = Uint8Array<ArrayBuffer>;

/** A proof in a tree of 2^63 leaves has no more hashes (c2sp.org/tlog-witness). */
const PROOF_HASHES = 63;
/** A note of 64 KiB, as note.ts bounds it, and the proof before it. */
const PROOF_TEXT = 68 * 1024;

/** A text from outside, or `undefined` when it is too long or not UTF-8. */
export function boundedText(input: string | Uint8Array): string | undefined {
  if (input.length > PROOF_TEXT) return undefined;
  if (typeof input === 'string') return input;
  try {
    return fromUtf8(input);
  } catch {
    return undefined;
  }
}

/** ASCII decimal without leading zeroes, up to 2^53 - 1; or `undefined`. */
export function parseDecimal(text: string): number | undefined {
  const value = /^(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** The end of a proof text, after its head lines: hashes, an empty line, and a note. */
export const formatProof = (proof: readonly Uint8Array[], checkpointNote: string): string =>
  `${proof.map((hash) => `${base64(hash)}\n`).join('')}\n${checkpointNote}`;

/** Reads what {@link formatProof} writes. The note is taken apart only to see that it is one. */
export function parseProof(text: string): { proof: Hash[]; checkpointNote: string } | undefined {
  const blank = text.startsWith('\n') ? -1 : text.indexOf('\n\n');
  if (blank === -1 && !text.startsWith('\n')) return undefined;
  const lines = blank < 0 ? [] : text.slice(0, blank).split('\n');
  const proof = lines.length <= PROOF_HASHES ? lines.map(fromBase64) : [undefined];
  if (!proof.every((hash): hash is Hash => hash?.length === 32)) return undefined;
  const checkpointNote = text.slice(blank < 0 ? 1 : blank + 2);
  return parseNote(checkpointNote) ? { proof, checkpointNote } : undefined;
}
