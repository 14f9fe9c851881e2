/**
 * The way out of a log that was rolled back. Under its old name it could never be witnessed again: whoever saw the
 * longer one would see a fork. So a log with a new name begins, and its second entry says what became of the old one.
 * What is left of that is kept as a blob.
 */
import * as v from 'valibot';
import type { AuditLog } from '../../audit';
import { MerkleFrontier, concat, hex, leafHash, parseCheckpoint, parseNote } from '../../crypto';
import type { Identity } from '../../identity';
import { LIMITS } from '../../protocol/limits';
import type { Json } from '../../protocol/json';
import type { Random } from '../../protocol/runtime';
import type { Storage } from '../../storage';
import { OLD_WITNESSED_RECORD, WITNESSED_RECORD } from '../witness/book';

const RESTART = 'log/restart';
const ORIGIN = 'log/origin';
const CHECKPOINTS = [
  'log/checkpoint',
  'log/checkpoint.old',
  WITNESSED_RECORD,
  OLD_WITNESSED_RECORD,
  'log/seen',
  'log/timestamps',
];

const HEAD = v.nullable(v.strictObject({ size: v.number(), root: v.string(), note: v.string() }));
const PREVIOUS = v.strictObject({
  origin: v.string(),
  /** What is left of it. */
  size: v.number(),
  root: v.string(),
  /** The stored bytes, in the blob store; null when they are too many for one blob. */
  sha256: v.nullable(v.string()),
  /** Its last checkpoint here, and the last one that was witnessed. */
  checkpoint: HEAD,
  witnessed: HEAD,
});
const RECORD = v.strictObject({ origin: v.string(), previous: PREVIOUS });

/** A new name for a log of this node; see docs/log-format.md. */
export const newOriginOf = (identity: Identity, random: Random): string =>
  `sovereign-node/${identity.public.nodeId.slice(0, 16)}/${hex(random.bytes(4))}`;

/** Writes down that the log is to begin anew; the next boot does it. Nothing is taken away yet. */
export async function planRestart(storage: Storage, identity: Identity, random: Random): Promise<void> {
  const { records } = storage;
  const stored = [ORIGIN, 'log/checkpoint', WITNESSED_RECORD].map((key) => records.get(key));
  const [origin, checkpoint, witnessed] = await Promise.all(stored);
  const previous = {
    origin: typeof origin === 'string' ? origin : '',
    ...(await whatIsLeft(storage)),
    checkpoint: headOf(checkpoint),
    witnessed: headOf(witnessed),
  };
  await records.commit(new Map([[RESTART, { origin: newOriginOf(identity, random), previous }]]));
}

/** Empties the store for a planned restart and gives the log its new name. False when none is planned. */
export async function beginRestart({ log, records }: Storage): Promise<boolean> {
  const plan = await planned({ records });
  if (!plan) return false;
  // Cut off at any instruction, this does the same again: the name changes only once the old lines are gone.
  if ((await records.get(ORIGIN)) !== plan.origin) {
    await log.truncate(0);
    const changes = new Map<string, Json | undefined>(CHECKPOINTS.map((key) => [key, undefined]));
    await records.commit(changes.set(ORIGIN, plan.origin));
  }
  return true;
}

/** Says in the new log, right after its GENESIS, what came before it. */
export async function finishRestart(log: AuditLog, { records }: Pick<Storage, 'records'>): Promise<void> {
  const plan = await planned({ records });
  if (!plan) return;
  if (log.size === 1) {
    await log.append({
      type: 'LOG_RESTARTED',
      severity: 'CRITICAL',
      data: { reason: 'rolled_back', previous: plan.previous },
    });
  }
  await records.commit(new Map([[RESTART, undefined]]));
}

async function planned({ records }: Pick<Storage, 'records'>) {
  const stored = await records.get(RESTART);
  return stored === undefined ? undefined : v.parse(RECORD, stored);
}

/** Size and root of the stored lines as they are, and their bytes as a blob. A torn tail belongs to the bytes alone. */
async function whatIsLeft({ log, blobs }: Storage): Promise<{ size: number; root: string; sha256: string | null }> {
  const tree = new MerkleFrontier();
  const length = await log.length();
  const kept: Uint8Array[] | undefined = length <= LIMITS.rawLogBytes ? [] : undefined;
  let carried: Uint8Array = new Uint8Array();
  for await (const chunk of log.read(0, length)) {
    kept?.push(Uint8Array.from(chunk));
    let bytes = concat(carried, chunk);
    for (let lf = bytes.indexOf(10); lf >= 0; lf = bytes.indexOf(10)) {
      tree.append(leafHash(bytes.subarray(0, lf + 1)));
      bytes = bytes.subarray(lf + 1);
    }
    carried = bytes;
  }
  const sha256 = kept && length > 0 ? await blobs.put(concat(...kept)) : null;
  return { size: tree.size, root: hex(tree.root()), sha256 };
}

function headOf(note: unknown): { size: number; root: string; note: string } | null {
  const parsed = typeof note === 'string' ? parseNote(note) : undefined;
  const body = parsed && parseCheckpoint(parsed.text);
  return body ? { size: body.size, root: body.root, note: note as string } : null;
}
