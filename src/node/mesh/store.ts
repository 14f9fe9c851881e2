/** What a node keeps of its mesh: one record, sealed under a key of the identity's root. docs/mesh-members.md. */
import * as v from 'valibot';
import type { NewEntry } from '../../audit';
import { base64, fromBase64, fromUtf8, hex, fromHex, utf8 } from '../../crypto';
import { decrypt, encrypt, importAes } from '../../identity';
import { MeshError } from '../../mesh';
import { readRoster, type EpochKeys, type Roster } from '../../mesh/members';
import { isDeviceName } from '../../protocol/mesh';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { Json } from '../../protocol/json';
import type { Random } from '../../protocol/runtime';
import type { RecordStore } from '../../storage';

export const MESH_RECORD = 'mesh/state';
const ROSTER_PREFIX = 'mesh/roster/';
const CONTEXT = utf8('sovereign/v1/mesh-state');

export interface OldKey {
  epoch: number;
  meshKey: Uint8Array;
  /** When another took its place; ISO 8601. */
  until: string;
}

/** Of one mesh, as far as this node knows it. */
export interface MeshState {
  /** What this device is called. */
  name: string;
  keys: EpochKeys;
  relayKey: Uint8Array;
  roster: Roster;
  /** Mesh keys of epochs before this one, the last first: a member that was away still holds one of them. */
  oldKeys: readonly OldKey[];
  /** It was decided to leave; what is left is to say so in the log and to forget. */
  leaving: 'left' | 'removed' | null;
  /** When each member was last reached, by its key; ISO 8601. */
  seen: Readonly<Record<string, string>>;
  /** Under the keys of which epoch each member last said that it has a list, by its key. */
  epochs: Readonly<Record<string, number>>;
  /** Entries that come with the list and that the log may still lack, the list's own last. */
  owed?: readonly NewEntry[];
}

const Key = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const StateShape = v.strictObject({
  name: v.pipe(v.string(), v.check(isDeviceName)),
  mesh_key: Key,
  topic_key: Key,
  relay_key: Key,
  roster: v.unknown(),
  old_keys: v.pipe(
    v.array(v.strictObject({ epoch: v.number(), mesh_key: Key, until: v.string() })),
    v.maxLength(MESH_LIMITS.oldMeshKeys),
  ),
  leaving: v.nullable(v.picklist(['left', 'removed'])),
  seen: v.record(Key, v.string()),
  // Records from before it was kept have none.
  epochs: v.optional(v.record(Key, v.number()), {}),
  // Records of nodes before this one have none.
  owed: v.optional(v.array(v.strictObject({ type: v.string(), data: v.record(v.string(), v.unknown()) })), []),
});

/** Sealed and opened with `secret`, which is asked for each time and wiped. */
export class MeshStore {
  readonly #records: RecordStore;
  readonly #secret: () => Promise<Uint8Array<ArrayBuffer>>;
  readonly #random: Random;

  constructor(records: RecordStore, secret: () => Promise<Uint8Array<ArrayBuffer>>, random: Random) {
    this.#records = records;
    this.#secret = secret;
    this.#random = random;
  }

  /** @throws MeshError `bad_signature` when the record is not what this node wrote */
  async read(): Promise<MeshState | undefined> {
    const record = await this.#records.get(MESH_RECORD);
    if (record === undefined) return undefined;
    const bytes = typeof record === 'string' ? fromBase64(record) : undefined;
    const plain = bytes && (await decrypt(await importAes(await this.#secret()), bytes, CONTEXT));
    if (!plain) throw broken();
    const parsed = v.safeParse(StateShape, JSON.parse(fromUtf8(plain)));
    if (!parsed.success) throw broken();
    const { name, mesh_key, topic_key, relay_key, old_keys, leaving, seen, epochs, owed } = parsed.output;
    return {
      name,
      keys: { meshKey: fromHex(mesh_key)!, topicKey: fromHex(topic_key)! },
      relayKey: fromHex(relay_key)!,
      roster: await readRoster(parsed.output.roster),
      oldKeys: old_keys.map(({ epoch, mesh_key: old, until }) => ({ epoch, meshKey: fromHex(old)!, until })),
      leaving,
      seen,
      epochs,
      owed: owed as NewEntry[],
    };
  }

  /** With its roster, and those that it came by, for members that were away. */
  async write(state: MeshState, rosters: readonly Roster[] = []): Promise<void> {
    const plain: Json = {
      name: state.name,
      mesh_key: hex(state.keys.meshKey),
      topic_key: hex(state.keys.topicKey),
      relay_key: hex(state.relayKey),
      roster: state.roster,
      old_keys: state.oldKeys.map(({ epoch, meshKey, until }) => ({ epoch, mesh_key: hex(meshKey), until })),
      leaving: state.leaving,
      seen: state.seen,
      epochs: state.epochs,
      owed: (state.owed ?? []).map(({ type, data }) => ({ type, data })),
    };
    const key = await importAes(await this.#secret());
    const sealed = base64(await encrypt(key, utf8(JSON.stringify(plain)), CONTEXT, this.#random));
    const changes = new Map<string, Json | undefined>([[MESH_RECORD, sealed]]);
    for (const roster of rosters) changes.set(ROSTER_PREFIX + roster.number, roster);
    const past = (rosters.at(-1)?.number ?? 0) - MESH_LIMITS.rostersKept;
    if (past > 0) changes.set(ROSTER_PREFIX + past, undefined);
    await this.#records.commit(changes);
  }

  /** The rosters after `number`, as far as they are kept without a gap; at most so many as one answer holds. */
  async rostersAfter(number: number): Promise<Roster[]> {
    const rosters: Roster[] = [];
    while (rosters.length < MESH_LIMITS.rostersAtOnce) {
      const stored = await this.#records.get(ROSTER_PREFIX + (number + 1 + rosters.length));
      if (stored === undefined) break;
      rosters.push(await readRoster(stored));
    }
    return rosters;
  }

  async forget(): Promise<void> {
    const rosters = await this.#records.keys(ROSTER_PREFIX);
    await this.#records.commit(new Map([MESH_RECORD, ...rosters].map((key) => [key, undefined])));
  }
}

const broken = (): MeshError =>
  new MeshError('bad_signature', 'What is stored of the mesh cannot be read on this device.', {
    advice: 'Leave the mesh and have this device invited again.',
  });
