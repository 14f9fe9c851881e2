/** Random edits of a bundle, and what somebody without its keys can do to have them pass. */
import fc from 'fast-check';
import { concat, equalBytes, hex, publicKeyPem } from '../../crypto';
import type { BundleFile } from '../../protocol/bundle';
import { dataOf, drop, put, resum, rewriteLog, type LooseEntry } from './forge';
import type { Keys } from './sample';

export const BYTE_EDITS = ['flip', 'cut', 'insert', 'swap', 'duplicate', 'move'] as const;
const FILE_EDITS = [...BYTE_EDITS, 'lines', 'reorder', 'copy', 'drop', 'add'] as const;
/** What comes after the edit: nothing; a list that fits; that list signed with another key; the log made anew as well. */
const ENDINGS = ['left', 'left', 'listed', 'signed', 'signed, key replaced', 'log rewritten', 'node replaced'] as const;

export interface Edit {
  kind: (typeof FILE_EDITS)[number];
  ending: (typeof ENDINGS)[number];
  /** Reduced to what there is: a file, a byte, a line. */
  file: number;
  at: number;
  to: number;
  span: number;
  bytes: Uint8Array;
}

const place = fc.nat(0x7fffffff);
const edits = <K extends Edit['kind']>(kinds: readonly K[]): fc.Arbitrary<Edit & { kind: K }> =>
  fc.record({
    kind: fc.constantFrom(...kinds),
    ending: fc.constantFrom(...ENDINGS),
    file: place,
    at: place,
    to: place,
    span: fc.integer({ min: 1, max: 80 }),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  });
export const fileEdits = edits(FILE_EDITS);
export const byteEdits = edits(BYTE_EDITS);

/** The bytes after an edit of {@link BYTE_EDITS}; the same when it changes nothing. */
export function editBytes(bytes: Uint8Array, { kind, at, to, span, bytes: other }: Edit): Uint8Array {
  const from = at % (bytes.length + 1);
  const end = Math.min(bytes.length, from + span);
  const part = bytes.subarray(from, end);
  const without = concat(bytes.subarray(0, from), bytes.subarray(end));
  const target = to % (without.length + 1);
  if (kind === 'flip') {
    const flipped = Uint8Array.from(bytes);
    if (from < bytes.length) flipped[from]! ^= 1 + (to % 255);
    return flipped;
  }
  if (kind === 'cut') return without;
  if (kind === 'insert') return concat(bytes.subarray(0, from), other, bytes.subarray(from));
  if (kind === 'duplicate') return concat(bytes.subarray(0, end), part, bytes.subarray(end));
  if (kind === 'move') return concat(without.subarray(0, target), part, without.subarray(target));
  // Swapped with as many bytes elsewhere.
  const there = Math.min(target, without.length - part.length);
  if (there < 0) return bytes.slice().reverse();
  const swapped = Uint8Array.from(bytes);
  swapped.copyWithin(from, there, there + part.length);
  swapped.set(part, there);
  return swapped;
}

/** The files after an edit, before its ending. */
function editFiles(files: readonly BundleFile[], edit: Edit): BundleFile[] {
  const one = files[edit.file % files.length]!;
  const other = files[edit.to % files.length]!;
  switch (edit.kind) {
    case 'lines': {
      const lines = Buffer.from(one.bytes).toString('latin1').split('\n');
      const [line] = lines.splice(edit.at % lines.length, 1);
      lines.splice(edit.to % (lines.length + 1), 0, line!);
      return put(files, one.path, Buffer.from(lines.join('\n'), 'latin1'));
    }
    case 'reorder':
      return put(put(files, one.path, other.bytes), other.path, one.bytes);
    case 'copy':
      return put(files, one.path, other.bytes);
    case 'drop':
      return drop(files, one.path);
    case 'add':
      return put(files, `${one.path}${edit.at % 10}`, edit.bytes);
    default:
      return put(files, one.path, editBytes(one.bytes, edit));
  }
}

/** The bundle after the edit and its ending; `undefined` when that is the same bundle. */
export async function editBundle(
  files: readonly BundleFile[],
  edit: Edit,
  attacker: Keys,
): Promise<BundleFile[] | undefined> {
  const edited = await ended(files, edit, attacker);
  const before = new Map(files.map(({ path, bytes }) => [path, bytes]));
  const same = edited.every(({ path, bytes }) => equalBytes(bytes, before.get(path) ?? Uint8Array.of()));
  return same && edited.length === files.length ? undefined : edited;
}

function ended(files: readonly BundleFile[], edit: Edit, attacker: Keys): BundleFile[] | Promise<BundleFile[]> {
  const pem = publicKeyPem(attacker.governance.publicKey);
  switch (edit.ending) {
    case 'left':
      return editFiles(files, edit);
    case 'listed':
      return resum(editFiles(files, edit));
    case 'signed':
      return resum(editFiles(files, edit), attacker.governance);
    case 'signed, key replaced':
      return resum(put(editFiles(files, edit), 'keys/governance.pub.pem', pem), attacker.governance);
    default:
      return rewritten(files, edit, attacker);
  }
}

/** The log edited, chained, and everything that follows from it made again, with other keys; perhaps as another node's. */
async function rewritten(files: readonly BundleFile[], edit: Edit, attacker: Keys): Promise<BundleFile[]> {
  const log = await rewriteLog(
    files,
    (entries) => {
      if (edit.ending === 'node replaced')
        Object.assign(dataOf(entries, 'GENESIS').keys, {
          governance: hex(attacker.governance.publicKey),
          owner: hex(attacker.owner.publicKey),
          node: hex(attacker.node.publicKey),
          log: hex(attacker.log.publicKey),
        });
      return editEntries(entries, edit);
    },
    attacker,
  );
  return resum(log, attacker.governance);
}

/** GENESIS stays: without it there is no log to make anything from. */
function editEntries([genesis, ...entries]: LooseEntry[], { kind, at, to, span }: Edit): LooseEntry[] {
  const from = at % entries.length;
  const target = to % entries.length;
  const edited = [...entries];
  if (kind === 'cut' || kind === 'drop') edited.splice(from, 1 + (span % 4));
  else if (kind === 'duplicate' || kind === 'add' || kind === 'copy') edited.splice(target, 0, entries[from]!);
  else if (kind === 'swap' || kind === 'reorder') [edited[from], edited[target]] = [entries[target]!, entries[from]!];
  else if (kind === 'move' || kind === 'lines') edited.splice(target, 0, ...edited.splice(from, 1));
  else edited[from] = { ...entries[from]!, ts: new Date(Date.parse(entries[from]!.ts) + span).toISOString() };
  return [genesis!, ...edited];
}
