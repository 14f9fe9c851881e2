/** What a witness answers to a checkpoint whose signature holds. Pure: c2sp.org/tlog-witness, add-checkpoint. */
import { equalBytes, fromHex, provenOldRoot, verifyConsistency } from '../crypto';
import type { AddCheckpoint, CheckpointBody } from '../crypto';

type Head = Pick<CheckpointBody, 'size' | 'root'>;

export type Decision =
  | { kind: 'cosign' }
  /** `fork`: also another root of the very size that the witness holds. */
  | { kind: 'conflict'; size: number; fork: boolean }
  /** `proven`: the proof shows that the new tree begins with another one than the witness cosigned. */
  | { kind: 'inconsistent'; proven: boolean };

/**
 * `held` is the newest head that was cosigned for this log, `undefined` when there is none. The caller has seen to it
 * that `offered` is signed by the log and not smaller than `oldSize`.
 */
export function decide(
  held: Head | undefined,
  { oldSize, proof }: Pick<AddCheckpoint, 'oldSize' | 'proof'>,
  offered: Head,
): Decision {
  const size = held?.size ?? 0;
  const fork = held !== undefined && offered.size === size && offered.root !== held.root;
  if (oldSize !== size || fork) return { kind: 'conflict', size, fork };
  // Every tree extends the empty one, so there is nothing to prove, nor for a tree that did not grow.
  if (held === undefined || size === 0 || offered.size === size) {
    return proof.length === 0 ? { kind: 'cosign' } : { kind: 'inconsistent', proven: false };
  }
  const [oldRoot, newRoot] = [fromHex(held.root)!, fromHex(offered.root)!];
  if (verifyConsistency(size, offered.size, oldRoot, newRoot, proof)) return { kind: 'cosign' };
  const shown = provenOldRoot(size, offered.size, newRoot, proof);
  return { kind: 'inconsistent', proven: shown !== undefined && !equalBytes(shown, oldRoot) };
}
