/** Start-up is recovery: reads the whole stored log and accepts it only when chain, tree and last checkpoint hold. */
import { concat } from '../crypto';
import type { Sha256 } from '../crypto';
import { LIMITS } from '../protocol/limits';
import { StorageError } from '../storage';
import type { LogStore, Storage } from '../storage';
import { CHECKPOINT_RECORD, OLD_CHECKPOINT_RECORD, readCheckpoint } from './checkpoint';
import { LogCore } from './core';
import { AuditError } from './types';
import type { Checkpoint } from './types';
import { yieldToLoop } from './yield';

export interface StoredLog {
  core: LogCore;
  /** Where each line ends: the index for random access. */
  ends: number[];
  checkpoint: Checkpoint | undefined;
  /** Bytes after the last LF: what a write that was cut off left. Not part of the log. */
  tail: Uint8Array;
}

const LF = 0x0a;

/**
 * Reads and checks a stored log. `publicKey` is the raw log key.
 *
 * What it cannot see: entries after the last checkpoint (at most LIMITS.checkpointMs old, or LIMITS.checkpointEntries
 * and one commit) that someone with access to the store cut off or rewrote with a new chain; and a whole store put back
 * to an older state. The first are bounded, the second only a witness sees.
 *
 * @throws AuditError `log_broken` (with `details.seq`, the first entry that does not hold), `log_rolled_back`,
 *   `bad_checkpoint`.
 */
export async function readStoredLog(storage: Storage, origin: string, publicKey: Uint8Array): Promise<StoredLog> {
  const note = await storage.records.get(CHECKPOINT_RECORD);
  const checkpoint = note === undefined ? undefined : await readCheckpoint(note, origin, publicKey);
  const core = new LogCore();
  const ends: number[] = [];
  let end = 0;
  const tail = await eachLine(storage.log, core, async (line) => {
    core.accept(line);
    ends.push((end += line.length));
    if (core.size === checkpoint?.size && core.root() !== checkpoint.root) throw rewritten(checkpoint);
    if (core.size % LIMITS.yieldEntries === 0) await yieldToLoop();
  });
  if (checkpoint && core.size < checkpoint.size) throw rolledBack(core.size, checkpoint.size);
  // A log gets its first checkpoint before its second entry (see log.ts), so one without was robbed of it.
  if (!checkpoint && (core.size > 1 || (await storage.records.get(OLD_CHECKPOINT_RECORD)) !== undefined)) {
    throw new AuditError('bad_checkpoint', 'the log has lost its checkpoint', { advice: ADVICE });
  }
  return { core, ends, checkpoint, tail };
}

/**
 * Reads and checks a stored log again, without the writer's role: size, root, last checkpoint, and the bytes of a torn
 * tail.
 *
 * @throws AuditError as {@link readStoredLog}.
 */
export async function checkLog(
  storage: Storage,
  origin: string,
  publicKey: Uint8Array,
): Promise<{ entries: number; root: Sha256; checkpoint: Checkpoint | undefined; tornBytes: number }> {
  const { core, checkpoint, tail } = await readStoredLog(storage, origin, publicKey);
  return { entries: core.size, root: core.root(), checkpoint, tornBytes: tail.length };
}

/** Calls `take` with every complete line, LF included; returns what follows the last LF. */
async function eachLine(log: LogStore, core: LogCore, take: (line: Uint8Array) => Promise<void>): Promise<Uint8Array> {
  let carried: Uint8Array = new Uint8Array();
  try {
    for await (const chunk of log.read(0, await log.length())) {
      let start = 0;
      for (let lf = chunk.indexOf(LF); lf >= 0; lf = chunk.indexOf(LF, start)) {
        const line = chunk.subarray(start, lf + 1);
        await take(carried.length > 0 ? concat(carried, line) : line);
        carried = new Uint8Array();
        start = lf + 1;
      }
      carried = concat(carried, chunk.subarray(start));
      if (carried.length > LIMITS.entryBytes) throw broken(core.size, 'a line has no end');
    }
  } catch (cause) {
    if (cause instanceof StorageError && cause.code === 'corrupt') throw broken(core.size, cause.message, cause);
    throw cause;
  }
  return carried;
}

const ADVICE = 'The log was changed outside of the app. Export it as evidence, then restore from a backup.';

const broken = (seq: number, why: string, cause?: unknown): AuditError =>
  new AuditError('log_broken', `entry ${seq} of the log does not hold: ${why}`, {
    advice: ADVICE,
    details: { seq },
    ...(cause === undefined ? {} : { cause }),
  });

const rewritten = ({ size }: Checkpoint): AuditError =>
  new AuditError('log_broken', `the first ${size} entries are not those that the checkpoint signs`, {
    advice: ADVICE,
    details: { seq: size - 1, size },
  });

const rolledBack = (size: number, signed: number): AuditError =>
  new AuditError('log_rolled_back', `the log has ${size} entries, but ${signed} were signed`, {
    advice: ADVICE,
    details: { size, signed },
  });
