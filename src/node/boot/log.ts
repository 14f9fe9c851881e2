import { AuditError, openLog, type AuditLog, type LogOptions } from '../../audit';
import { utf8, type Signer } from '../../crypto';
import { openedIdentity, type Identity, type IdentityService } from '../../identity';
import type { KeyLife } from '../../keys';
import type { Clock, Random } from '../../protocol/runtime';
import type { Storage } from '../../storage';
import { HaltError } from '../halts';
import { WITNESSED_RECORD, checkWitnessed } from '../witness';
import { beginRestart, finishRestart, newOriginOf } from './restart';
import { checkHead, followLog, genesisOf, headSigner, KeyWatch, watchKeys } from './keys';

const ORIGIN = 'log/origin';

/**
 * Opens this node's log, or starts it. The origin names the node and the log: a node restored on a clean profile starts
 * another log, and one name must never stand for two trees. Afterwards the identity holds the keys that the log has in
 * force.
 *
 * @param onFault hears what breaks in the log where nobody waits for an answer
 * @throws HaltError when the log, or its agreement with the identity, does not hold.
 */
export async function openNodeLog(
  storage: Storage,
  service: IdentityService,
  clock: Clock,
  random: Random,
  onFault: (cause: unknown) => void,
): Promise<{ log: AuditLog; life: KeyLife }> {
  const restarting = await beginRestart(storage);
  const fresh = !restarting && (await storage.log.length()) === 0;
  const origin = fresh ? await newOrigin(storage, openedIdentity(service), random) : await storedOrigin(storage);
  const keys = new KeyWatch();
  const signer = await headSigner(storage, service, origin);
  const successor = async (): Promise<Signer> => {
    if (keys.life.origin === undefined) return openedIdentity(service).signers.log;
    if (keys.life.origin !== origin) throw new HaltError('log_broken', 'It does not start as this log did.');
    return (await followLog(service, keys.life)).signers.log;
  };
  const log = await open({ storage, signer, origin, clock, onFault, watch: keys.take, successor });
  const life = watchKeys(log, keys);
  if (log.size === 0) await log.append({ type: 'GENESIS', data: await genesisOf(origin, service) });
  else if (keys.life.origin === undefined) throw new HaltError('log_broken', 'It does not start as this log did.');
  else checkHead(log.lastCheckpoint, signer, keys.life);
  await checkWitnessed(log, storage.records);
  await finishRestart(log, storage);
  return { log, life };
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
  for (const head of ['log/checkpoint', WITNESSED_RECORD]) {
    if ((await storage.records.get(head)) !== undefined)
      throw new HaltError('log_rolled_back', 'The whole log is gone.');
  }
  const origin = newOriginOf(identity, random);
  await storage.records.commit(new Map([[ORIGIN, origin]]));
  return origin;
}

async function storedOrigin(storage: Storage): Promise<string> {
  const origin = await storage.records.get(ORIGIN);
  if (typeof origin === 'string' && utf8(origin).length <= 128) return origin;
  throw new HaltError('log_broken', 'Its name is gone.');
}
