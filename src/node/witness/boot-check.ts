/** At every start: the log must hold what was witnessed of it, whatever else the store says. */
import type { AuditLog } from '../../audit';
import type { RecordStore } from '../../storage';
import { HaltError } from '../halts';
import { WITNESSED_RECORD, readCosigned } from './book';

/**
 * @throws HaltError `log_rolled_back` when the log is shorter than its last witnessed checkpoint or does not begin with
 *   that tree.
 */
export async function checkWitnessed(log: AuditLog, records: RecordStore): Promise<void> {
  const note = await records.get(WITNESSED_RECORD);
  if (note === undefined) return;
  const witnessed = readCosigned(note, log.origin)?.checkpoint;
  if (!witnessed) throw new HaltError('log_rolled_back', 'The record of what was witnessed is not of this log.');
  const { size, root } = witnessed;
  if (log.size < size)
    throw new HaltError('log_rolled_back', `It has ${log.size} entries, but ${size} were signed and witnessed.`);
  if ((await log.proofs.rootAt(size)) !== root) {
    throw new HaltError('log_rolled_back', `Its first ${size} entries are not those that were signed and witnessed.`);
  }
}
