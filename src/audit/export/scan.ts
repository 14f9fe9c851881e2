import { HashTiles, hex, jcsBytes, leafHash } from '../../crypto';
import { KeyLife } from '../../keys';
import { BUNDLE } from '../../protocol/bundle';
import { decisionsOf } from '../../protocol/decisions';
import { EvidenceFold } from '../../protocol/evidence';
import { LIMITS } from '../../protocol/limits';
import { readLine } from '../entry';
import type { AuditLog, Checkpoint } from '../types';
import { yieldToLoop } from '../yield';
import { badBundle, ExportError, tooLarge } from './errors';
import { Executions } from './executions';
import { StreamPacker, type PackedFile } from './pack';

/** All that a bundle takes from the log, gathered while its lines go by once. */
export interface Scan {
  /** Log and decisions, packed. */
  files: PackedFile[];
  tree: HashTiles;
  evidence: EvidenceFold;
  executions: Executions;
  life: KeyLife;
  /** Time of the last entry. */
  last: string;
}

const LF = Uint8Array.of(10);

/** @throws ExportError `bad_bundle` when the lines are not those of the checkpoint, `bundle_too_large`, `cancelled`. */
export async function scanLog(
  log: Pick<AuditLog, 'lines'>,
  checkpoint: Checkpoint,
  run: string | null,
  signal?: AbortSignal,
): Promise<Scan> {
  const entries = new StreamPacker(BUNDLE.entries);
  const decisions = new StreamPacker(BUNDLE.decisions);
  const tree = new HashTiles();
  const evidence = new EvidenceFold(run);
  const executions = new Executions(run);
  const life = new KeyLife();
  let last = '';
  for await (const line of log.lines(0, checkpoint.size)) {
    entries.push(line);
    if (entries.size > LIMITS.verifyFileBytes) throw tooLarge('The log');
    tree.append(leafHash(line));
    const entry = readLine(line);
    last = entry.ts;
    evidence.apply(entry);
    executions.apply(entry);
    life.apply(entry);
    const decision = decisionsOf(entry);
    if (decision) for (const part of [jcsBytes(decision), LF]) decisions.push(part);
    if (tree.size % LIMITS.yieldEntries === 0) await giveWay(signal);
  }
  if (hex(tree.root()) !== checkpoint.root) badBundle('the checkpoint is not of this log');
  return { files: [entries.end(), decisions.end()], tree, evidence, executions, life, last };
}

async function giveWay(signal: AbortSignal | undefined): Promise<void> {
  await yieldToLoop();
  if (signal?.aborted) throw new ExportError('cancelled', 'The export was cancelled.');
}
