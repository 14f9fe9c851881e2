import type { AuditLog } from '../../audit';
import { formatTlogProof, fromUtf8, parseCheckpoint, parseNote } from '../../crypto';
import type { EntryProof } from '../../protocol/messages';
import type { RecordStore } from '../../storage';
import { NodeError } from '../errors';
import { OLD_WITNESSED_RECORD, WITNESSED_RECORD } from '../witness';

/**
 * That entry `seq` is in the log, as a C2SP tlog-proof: under the newest witnessed checkpoint that covers it, else under
 * the log's own newest, which is signed now when none covers it yet.
 *
 * @throws NodeError `not_found`; AuditError, StorageError.
 */
export async function proveEntry(log: AuditLog, records: Pick<RecordStore, 'get'>, seq: number): Promise<EntryProof> {
  if (seq >= log.size) throw new NodeError('not_found', `The log has no entry ${seq}.`);
  const witnessed = await witnessedNote(log, records, seq);
  const { size, note } = witnessed ?? (await ownNote(log, seq));
  return { ...(await proveUnder(log, seq, { size, note })), size, witnessed: witnessed !== undefined };
}

/** The same under a checkpoint that covers it. */
export async function proveUnder(
  log: AuditLog,
  seq: number,
  { size, note }: { size: number; note: string },
): Promise<Pick<EntryProof, 'proof' | 'line'>> {
  const proof = await log.proofs.inclusion(seq, size);
  return { proof: formatTlogProof({ index: seq, proof, checkpointNote: note }), line: await lineOf(log, seq) };
}

/** Only a note of the log as it is here: another one would prove nothing. */
async function witnessedNote(
  log: AuditLog,
  records: Pick<RecordStore, 'get'>,
  seq: number,
): Promise<{ size: number; note: string } | undefined> {
  for (const name of [WITNESSED_RECORD, OLD_WITNESSED_RECORD]) {
    const note = await records.get(name);
    const body = typeof note === 'string' ? parseCheckpoint(parseNote(note)?.text ?? '') : undefined;
    if (!body || body.origin !== log.origin || body.size <= seq || body.size > log.size) continue;
    if ((await log.proofs.rootAt(body.size)) === body.root) return { size: body.size, note: note as string };
  }
  return undefined;
}

/** The log's own newest checkpoint that covers an entry, signed now when none does. */
export async function ownNote(log: AuditLog, seq: number): Promise<{ size: number; note: string }> {
  const last = log.lastCheckpoint;
  return last && last.size > seq ? last : log.checkpoint();
}

async function lineOf(log: AuditLog, seq: number): Promise<string> {
  let line = '';
  for await (const bytes of log.lines(seq, seq + 1)) line = fromUtf8(bytes);
  return line.slice(0, -1);
}
