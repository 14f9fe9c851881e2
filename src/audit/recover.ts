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
 * Reads a stored log for appending to it. `publicKey` is the raw log key that signed the stored head; `watch` is shown
 * every line that was accepted.
 *
 * Entries under the last checkpoint are checked by its signed root alone; when that does not hold, all are replayed one
 * by one to say which is the first that is wrong. The later ones are replayed anyway.
 *
 * What it cannot see: entries after the last checkpoint (at most LIMITS.checkpointMs old, or LIMITS.checkpointEntries
 * and one commit) that someone with access to the store cut off or rewrote with a new chain; and a whole store put back
 * to an older state. The first are few, the second only a witness sees.
 *
 * @throws AuditError `log_broken` (with `details.seq`, the first entry that does not hold), `log_rolled_back`,
 *   `bad_checkpoint`.
 */
export async function recoverLog(
  storage: Storage,
  origin: string,
  publicKey: Uint8Array,
  watch?: (line: Uint8Array) => void,
): Promise<StoredLog> {
  const checkpoint = await storedCheckpoint(storage, origin, publicKey);
  try {
    return await replay(storage, checkpoint, checkpoint?.size ?? 0, watch);
  } catch (cause) {
    if (cause instanceof AuditError) await replay(storage, checkpoint, 0);
    throw cause;
  }
}

async function storedCheckpoint(
  storage: Storage,
  origin: string,
  publicKey: Uint8Array,
): Promise<Checkpoint | undefined> {
  const note = await storage.records.get(CHECKPOINT_RECORD);
  return note === undefined ? undefined : readCheckpoint(note, origin, publicKey);
}

/** Reads every line; the first `signed` of them are taken on the checkpoint's word, once its root is theirs. */
async function replay(
  storage: Storage,
  checkpoint: Checkpoint | undefined,
  signed: number,
  watch?: (line: Uint8Array) => void,
): Promise<StoredLog> {
  const core = new LogCore();
  const ends: number[] = [];
  let end = 0;
  const tail = await eachLine(storage.log, core, async (line) => {
    if (core.size < signed) core.acceptSigned(line);
    else core.accept(line);
    watch?.(line);
    ends.push((end += line.length));
    if (core.size === checkpoint?.size && core.root() !== checkpoint.root) throw rewritten(checkpoint);
    if (core.size === signed) core.resume(line);
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
 * Checks every entry of a stored log, without the writer's role: the form of each line, the chain, the tree and the
 * last checkpoint. Returns its size and root, and the length of a torn tail.
 *
 * @throws AuditError as {@link recoverLog}.
 */
export async function checkLog(
  storage: Storage,
  origin: string,
  publicKey: Uint8Array,
): Promise<{ entries: number; root: Sha256; checkpoint: Checkpoint | undefined; tornBytes: number }> {
  const signed = await storedCheckpoint(storage, origin, publicKey);
  const { core, checkpoint, tail } = await replay(storage, signed, 0);
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
