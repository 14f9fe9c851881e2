import { AuditError, openLog, type AuditLog, type LogOptions } from '../../audit';
import { hex, utf8 } from '../../crypto';
import type { Identity, PublicIdentity } from '../../identity';
import type { Clock, Random } from '../../protocol/runtime';
import type { Storage } from '../../storage';
import { HaltError } from '../halts';

const ORIGIN = 'log/origin';

/**
 * Opens this node's log, or starts it. The origin names the node and the log: a node restored on a clean profile starts
 * another log, and one name must never stand for two trees.
 *
 * @param onFault hears what breaks in the log where nobody waits for an answer
 * @throws HaltError when the log, or its agreement with the identity, does not hold.
 */
export async function openNodeLog(
  storage: Storage,
  identity: Identity,
  clock: Clock,
  random: Random,
  onFault: (cause: unknown) => void,
): Promise<AuditLog> {
  const fresh = (await storage.log.length()) === 0;
  const origin = fresh ? await newOrigin(storage, identity, random) : await storedOrigin(storage);
  const log = await open({ storage, signer: identity.signers.log, origin, clock, onFault });
  if (log.size === 0) await log.append({ type: 'GENESIS', data: genesis(origin, identity.public) });
  else await checkGenesis(log, origin, identity.public);
  return log;
}

async function open(options: LogOptions): Promise<AuditLog> {
  try {
    return await openLog(options);
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    if (error.code === 'log_rolled_back') throw new HaltError('log_rolled_back', error.message, error);
    throw new HaltError('log_broken', error.message, error);
  }
}

async function newOrigin(storage: Storage, identity: Identity, random: Random): Promise<string> {
  // A checkpoint without a log is a log that was deleted.
  if ((await storage.records.get('log/checkpoint')) !== undefined)
    throw new HaltError('log_rolled_back', 'The whole log is gone.');
  const origin = `sovereign-node/${identity.public.nodeId.slice(0, 16)}/${hex(random.bytes(4))}`;
  await storage.records.commit(new Map([[ORIGIN, origin]]));
  return origin;
}

async function storedOrigin(storage: Storage): Promise<string> {
  const origin = await storage.records.get(ORIGIN);
  if (typeof origin === 'string' && utf8(origin).length <= 128) return origin;
  throw new HaltError('log_broken', 'Its name is gone.');
}

const genesis = (origin: string, { nodeId, publicKeys, createdAt }: PublicIdentity) => ({
  origin,
  node_id: nodeId,
  keys: { ...publicKeys },
  created_at: createdAt,
});

async function checkGenesis(log: AuditLog, origin: string, identity: PublicIdentity): Promise<void> {
  for await (const first of log.entries(0, 1)) {
    const keys = first.data['keys'] as Record<string, unknown> | undefined;
    const same = Object.entries(identity.publicKeys).every(([purpose, key]) => keys?.[purpose] === key);
    if (first.type !== 'GENESIS' || first.data['origin'] !== origin)
      throw new HaltError('log_broken', 'It does not start as this log did.');
    if (!same) throw new HaltError('identity_broken', 'The keys here are not those that the log was started with.');
  }
}
