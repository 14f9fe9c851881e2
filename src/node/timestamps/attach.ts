import type { AuditLog } from '../../audit';
import { base64, parseCheckpoint, parseNote, parseTimestamp, sha256Text } from '../../crypto';
import type { Storage } from '../../storage';
import { NodeError } from '../errors';
import type { Witnesses } from '../witness/types';
import { keepStamped, readStamped } from './book';

interface Parts {
  log: Pick<AuditLog, 'checkpoint' | 'lastCheckpoint'>;
  storage: Pick<Storage, 'records' | 'blobs'>;
  witnesses: Pick<Witnesses, 'previous'>;
}

/** The text of a fresh checkpoint, for the owner to have stamped. It is kept, so that the token finds it again. */
export async function prepareTimestamp({ log, storage }: Parts): Promise<{ size: number; text: string }> {
  const { size, note } = await log.checkpoint();
  const known = (await readStamped(storage.records)).some((one) => one.size === size);
  if (!known) await keepStamped(storage.records, { size, note, token: null });
  return { size, text: parseNote(note)!.text };
}

/**
 * Keeps a timestamp token (RFC 3161) with the checkpoint that it is of: one that was prepared, the last, or the newest
 * that witnesses cosigned. Who gave the token is for the reader of a bundle to judge: no authority is pinned here.
 *
 * @throws NodeError `not_found`, `bad_timestamp`
 */
export async function attachTimestamp(
  { log, storage, witnesses }: Parts,
  sha256: string,
): Promise<{ size: number; time: string }> {
  const bytes = await storage.blobs.get(sha256);
  if (!bytes) throw new NodeError('not_found', 'The timestamp token is not in the store.');
  const stamp = parseTimestamp(bytes);
  if (!stamp) {
    throw new NodeError('bad_timestamp', 'This is not a timestamp token over a SHA-256 hash.', {
      advice: 'Choose the answer of the time-stamping authority as it came: a .tsr file (RFC 3161).',
    });
  }
  const kept = (await readStamped(storage.records)).map(({ note }) => note);
  const notes = [witnesses.previous(Number.MAX_SAFE_INTEGER), log.lastCheckpoint?.note, ...kept];
  for (const note of notes) {
    const parsed = note === undefined ? undefined : parseNote(note);
    const body = parsed && parseCheckpoint(parsed.text);
    if (!body || sha256Text(parsed.text) !== stamp.imprint) continue;
    await keepStamped(storage.records, { size: body.size, note: note!, token: base64(bytes) });
    return { size: body.size, time: new Date(stamp.time).toISOString() };
  }
  throw new NodeError('bad_timestamp', 'The timestamp token is not of a checkpoint that this node keeps.', {
    advice: 'Save what to stamp again, and have that file stamped unchanged.',
  });
}
