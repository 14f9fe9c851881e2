import { CHECKPOINT_RECORD, parseLine, type AuditLog, type Checkpoint } from '../../audit';
import { fromHex, hex, noteKey, parseNote, sha256Hex, type Signer } from '../../crypto';
import {
  IdentityError,
  KEY_PURPOSES,
  openedIdentity,
  type Identity,
  type IdentityService,
  type PublicIdentity,
} from '../../identity';
import { commitmentTo, KEY_EVENTS, KeyLife, signGenesis } from '../../keys';
import type { JsonObject } from '../../protocol/json';
import type { Storage } from '../../storage';
import { HaltError } from '../halts';

const TAIL = /"type":"([A-Z_]+)","v":1\}\n$/;
/** Long enough for the end of any line that changes keys. */
const TAIL_BYTES = 40;

/** Sees a log's stored lines go by, and keeps what the few of them say that change keys. */
export class KeyWatch {
  #life = new KeyLife();

  get life(): KeyLife {
    return this.#life;
  }

  /** @throws HaltError for a change that contradicts what stands before it; AuditError for a line that is none. */
  readonly take = (line: Uint8Array): void => {
    // All but the end of a line may be any text; its end is plain ASCII.
    const type = TAIL.exec(String.fromCharCode(...line.subarray(-TAIL_BYTES)))?.[1];
    if (type === undefined || !KEY_EVENTS.has(type)) return;
    const entry = parseLine(line);
    // When a log does not hold it is read twice, to say where.
    if (entry.seq === 0) this.#life = new KeyLife();
    const [flaw] = this.#life.apply(entry).flaws;
    if (flaw !== undefined) throw new HaltError('log_broken', `Entry ${entry.seq}: ${flaw}.`);
  };
}

/** The keys of an open log, kept in step with what is appended to it. */
export function watchKeys(log: Pick<AuditLog, 'onAppend'>, watch: KeyWatch): KeyLife {
  const { life } = watch;
  log.onAppend((entries) => {
    for (const entry of entries) if (KEY_EVENTS.has(entry.type)) life.apply(entry);
  });
  return life;
}

/**
 * Who signed the stored head: the log key in force, as a rule; the one before or after it where a crash or a restore came
 * between a rotation and its head.
 */
export async function headSigner(storage: Storage, service: IdentityService, origin: string): Promise<Signer> {
  const { signers } = openedIdentity(service);
  const note = await storage.records.get(CHECKPOINT_RECORD);
  const signature = typeof note === 'string' ? parseNote(note)?.signatures[0] : undefined;
  const isIt = (key: string): boolean => noteKey(origin, fromHex(key)!).id === signature?.keyId;
  return (signature && (await service.find('log', isIt))) ?? signers.log;
}

/**
 * Goes over to the keys that the log has in force. A crash after a rotation's entry leaves the identity behind it, a
 * restored one may be anywhere; the log is what counts.
 *
 * @throws HaltError `identity_broken` when they are not of this identity.
 */
export async function followLog(service: IdentityService, life: KeyLife): Promise<Identity> {
  const keys = Object.fromEntries(KEY_PURPOSES.map((p) => [p, life.current(p)])) as PublicIdentity['publicKeys'];
  try {
    return await service.follow(keys);
  } catch (error) {
    if (!(error instanceof IdentityError) || error.code !== 'identity_broken') throw error;
    throw new HaltError('identity_broken', 'The keys here are not those that the log has in force.', error);
  }
}

/** A head must be signed by the key that was in force at its size: an older one may have been stolen since. */
export function checkHead(checkpoint: Checkpoint | undefined, signer: Signer, life: KeyLife): void {
  if (!checkpoint || checkpoint.size === 0) return;
  if (life.keyAt('log', checkpoint.size) !== hex(signer.publicKey))
    throw new HaltError('log_broken', 'Its head is signed by a key that was not in force.');
}

/** The first entry of a log: its keys, those that come next, and the governance key's word for both. */
export async function genesisOf(origin: string, service: IdentityService): Promise<JsonObject> {
  const { nodeId, createdAt } = openedIdentity(service).public;
  await beginWithFirstNodeKey(service, nodeId);
  const { public: identity, signers } = openedIdentity(service);
  const next: Record<string, string> = {};
  for (const purpose of KEY_PURPOSES) next[purpose] = commitmentTo((await service.successor(purpose, 1)).publicKey);
  const data = { origin, node_id: nodeId, keys: { ...identity.publicKeys }, next, created_at: createdAt };
  return signGenesis(data, signers.governance);
}

/** A node's id is the hash of its first node key, so a log that is begun anew begins with that one. */
async function beginWithFirstNodeKey(service: IdentityService, nodeId: string): Promise<void> {
  const first = await service.find('node', (key) => sha256Hex(fromHex(key)!) === nodeId);
  if (!first) throw new HaltError('identity_broken', 'The node id is not that of its first key.');
  await service.follow({ ...openedIdentity(service).public.publicKeys, node: hex(first.publicKey) });
}
