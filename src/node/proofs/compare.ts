import { AuditError, type AuditLog } from '../../audit';
import {
  fromHex,
  noteKey,
  parseCheckpoint,
  parseCosignerVkey,
  parseNote,
  parseTlogProof,
  verifyCosignature,
  verifyNote,
  type CheckpointBody,
  type Note,
} from '../../crypto';
import { KEY_EVENTS, KeyLife } from '../../keys';
import type { Comparison, Seen } from '../../protocol/messages';
import type { WitnessConfig } from '../witness/types';

/**
 * Holds a checkpoint that somebody kept against the log as it is here. A `.tlog-proof` is taken for the checkpoint in it.
 *
 * @throws AuditError `bad_checkpoint` when the text is none; StorageError.
 */
export async function compareCheckpoint(
  log: AuditLog,
  witnesses: readonly WitnessConfig[],
  text: string,
): Promise<Comparison> {
  const { note, body } = read(text);
  const { size, root, origin } = body;
  const here = log.size;
  const seen = await seenBy(note, witnesses);
  const answer = (kind: Comparison['kind'], words: string): Comparison => ({ kind, words, size, root, here, seen });
  if (origin !== log.origin)
    return answer('foreign', `This is a checkpoint of another log, ${origin}. It says nothing about this one.`);
  if (!(await signedByLog(log, note)))
    return answer('unsigned', 'It names this log, but no key of this log signed it. It says nothing about this log.');
  if (size > here)
    return answer(
      'newer',
      `This log once had ${size} entries, and only ${here} are here: it was rolled back, or this is an older copy of it.`,
    );
  if ((await log.proofs.rootAt(size)) !== root)
    return answer(
      'fork',
      `The first ${size} entries here are not those that this checkpoint was signed over: there are two histories under one key.`,
    );
  if (size === here) return answer('same', `It is exactly this log: all ${size} entries, to the byte.`);
  return answer(
    'prefix',
    `The first ${size} entries are exactly those of this checkpoint, and ${here - size} came after it. Nothing was rewritten.`,
  );
}

function read(text: string): { note: Note; body: CheckpointBody } {
  // What was pasted or edited may have lost its last line feed, or got carriage returns.
  const whole = `${text.replaceAll('\r\n', '\n').trim()}\n`;
  const note = parseNote(parseTlogProof(whole)?.checkpointNote ?? whole);
  const body = note && parseCheckpoint(note.text);
  if (note && body) return { note, body };
  throw new AuditError('bad_checkpoint', 'This is not a signed checkpoint.', {
    advice: 'A checkpoint is the file log/checkpoint of a bundle, or the text that a witness keeps. Give it whole.',
  });
}

async function signedByLog(log: AuditLog, note: Note): Promise<boolean> {
  for (const key of await logKeys(log)) if (await verifyNote(note, noteKey(log.origin, fromHex(key)!))) return true;
  return false;
}

/** Every log key that there was, as the log itself tells. */
async function logKeys(log: AuditLog): Promise<string[]> {
  const life = new KeyLife();
  for await (const entry of log.entries(0, log.size)) if (KEY_EVENTS.has(entry.type)) life.apply(entry);
  return life.spans.filter(({ purpose }) => purpose === 'log').map(({ key }) => key);
}

/** Who of the owner's witnesses cosigned it, earliest first. */
async function seenBy(note: Note, witnesses: readonly WitnessConfig[]): Promise<Seen[]> {
  const found: Seen[] = [];
  for (const { name, vkey } of witnesses) {
    const key = parseCosignerVkey(vkey);
    const time = key && (await verifyCosignature(note, key));
    if (time !== undefined) found.push({ witness: name, time });
  }
  return found.sort((a, b) => a.time - b.time);
}
