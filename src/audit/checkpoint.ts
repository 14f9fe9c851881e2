/** The log's signed heads: C2SP tlog-checkpoint notes by the log key. */
import { formatCheckpoint, noteKey, parseCheckpoint, parseNote, signNote, verifyNote } from '../crypto';
import type { CheckpointBody, Signer } from '../crypto';
import { AuditError } from './types';
import type { Checkpoint } from './types';

/** Records under which the last checkpoint and the one before it stand, each as the text of its note. */
export const CHECKPOINT_RECORD = 'log/checkpoint';
export const OLD_CHECKPOINT_RECORD = 'log/checkpoint.old';

/** Signs a head. The key's name is the origin. */
export async function makeCheckpoint(body: CheckpointBody, signer: Signer): Promise<Checkpoint> {
  return { ...body, note: await signNote(formatCheckpoint(body), body.origin, signer) };
}

/**
 * Reads a checkpoint and checks its origin and signature. `publicKey` is the raw log key, known from elsewhere.
 *
 * @throws AuditError `bad_checkpoint`
 */
export async function readCheckpoint(note: unknown, origin: string, publicKey: Uint8Array): Promise<Checkpoint> {
  const parsed = typeof note === 'string' ? parseNote(note) : undefined;
  const body = parsed && parseCheckpoint(parsed.text);
  if (!parsed || !body) throw bad('it is not a checkpoint');
  if (body.origin !== origin) throw bad('it is of another log');
  if (!(await verifyNote(parsed, noteKey(origin, publicKey)))) throw bad("it is not signed by this log's key");
  return { ...body, note: note as string };
}

const bad = (why: string): AuditError =>
  new AuditError('bad_checkpoint', `the log's checkpoint does not hold: ${why}`, {
    advice: 'The log was changed outside of the app. Export it as evidence, then restore from a backup.',
  });
