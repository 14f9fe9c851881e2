/**
 * This node's membership: what it keeps, and what the log says. The record is written first and the log second, so a
 * crash between leaves the log behind: the record holds what it owes to the log until that is there.
 */
import type { AuditLog, NewEntry } from '../../audit';
import { fromHex, hex, type Signer } from '../../crypto';
import { MeshError, peerIdOf, publicKeyOfPeer } from '../../mesh';
import {
  differences,
  MeshLife,
  openKeys,
  rosterEntry,
  sealKeys,
  sealPublicKey,
  signRoster,
  type EpochKeys,
  type Member,
  type OpenInvitation,
  type Roster,
} from '../../mesh/members';
import { inTurn } from '../../protocol/in-turn';
import type { MemberRight } from '../../protocol/mesh';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { Clock, Random } from '../../protocol/runtime';
import type { MeshState, MeshStore } from './store';
import type { Ways } from './ways';

export interface BookDeps {
  log: AuditLog;
  store: MeshStore;
  /** The node key in force. */
  signer: () => Signer;
  /** X25519 secret of this node; wiped after use. */
  sealSecret: () => Promise<Uint8Array>;
  clock: Clock;
  random: Random;
  /** Others came or went, by a list that is in force. */
  members: (change: { added: Member[]; removed: Member[] }) => void;
}

export class MemberBook {
  readonly life = new MeshLife();
  readonly deps: BookDeps;
  /** Undefined while this node is a member of no mesh. */
  state: MeshState | undefined;
  /** Changes of the membership, one after the other. */
  readonly serially = inTurn();
  readonly #logging = inTurn();

  private constructor(deps: BookDeps) {
    this.deps = deps;
  }

  static async open(deps: BookDeps): Promise<MemberBook> {
    const book = new MemberBook(deps);
    book.state = await deps.store.read();
    if (book.state) {
      for await (const entry of deps.log.entries(0, deps.log.size)) book.life.apply(entry);
      await book.#makeGood(book.state);
    }
    return book;
  }

  get key(): string {
    return hex(this.deps.signer().publicKey);
  }

  get isKeeper(): boolean {
    return this.state?.roster.issuer === this.key;
  }

  get members(): readonly Member[] {
    return this.state?.roster.members ?? [];
  }

  /** By its peer id. */
  memberAt(peer: string): Member | undefined {
    return this.members.find(({ key }) => peerOf(key) === peer);
  }

  rightsOf(key: string): readonly MemberRight[] {
    return this.life.rights.get(key) ?? [];
  }

  /** Which skills this member may run here: any, for `all`, or those that were named. */
  skillsOf(key: string): readonly string[] | 'all' {
    return this.rightsOf(key).includes('run') ? (this.life.skills.get(key) ?? 'all') : [];
  }

  /** Of those that can still be used. */
  openInvitations(): OpenInvitation[] {
    const now = this.deps.clock.now();
    return [...this.life.invitations.values()].filter(({ expiresAt }) => Date.parse(expiresAt) > now);
  }

  async sealKey(): Promise<string> {
    return this.#withSeal(sealPublicKey);
  }

  async leave(reason: 'left' | 'removed'): Promise<void> {
    const state = this.member();
    const { mesh } = state.roster;
    await this.deps.store.write({ ...state, leaving: reason });
    await this.log([{ type: 'MESH_LEFT', data: { mesh, reason } }]);
    await this.deps.store.forget();
    this.state = undefined;
    this.deps.members({ added: [], removed: state.roster.members.filter(({ key }) => key !== this.key) });
  }

  async #makeGood(state: MeshState): Promise<void> {
    const { roster, leaving } = state;
    const { life } = this;
    if (leaving !== null && life.mesh !== roster.mesh) {
      await this.deps.store.forget();
      this.state = undefined;
      return;
    }
    // A list's own entry is the last of those that come with it.
    const isLogged = life.mesh === roster.mesh && life.number >= roster.number;
    this.#owe(state, isLogged ? [] : state.owed);
    await (leaving === null ? this.log([]) : this.leave(leaving));
  }

  async put(state: MeshState, rosters: readonly Roster[], entries: NewEntry[]): Promise<void> {
    // While the log takes nothing, nothing more is decided.
    await this.log([]);
    const before = this.state?.roster;
    await this.deps.store.write({ ...state, owed: entries }, rosters);
    this.#owe(state, entries);
    await this.log([]);
    const { added, removed } = differences(before, state.roster);
    this.deps.members({ added: added.filter(({ key }) => key !== this.key), removed });
  }

  /** What is written is decided, also while the log lacks it. */
  #owe(state: MeshState, owed: readonly NewEntry[] = []): void {
    this.state = { ...state, owed };
    for (const { type, data } of owed) this.life.apply({ type, data, ts: this.now() });
  }

  /** After what is owed to the log. */
  log(entries: readonly NewEntry[]): Promise<void> {
    return this.#logging(async () => {
      const owed = this.state?.owed ?? [];
      const receipts = await this.deps.log.appendAll([...owed, ...entries]);
      if (this.state) this.state = { ...this.state, owed: [] };
      entries.forEach(({ type, data }, i) => this.life.apply({ type, data, ts: receipts[owed.length + i]!.ts }));
    });
  }

  /** A member was refused from now on, for what it did. */
  dropped(peer: string, reason: string): Promise<void> {
    return this.log([{ type: 'MESH_PEER_DROPPED', severity: 'WARNING', data: { peer, reason } }]);
  }

  async sign(current: Roster | { mesh: string }, members: Member[], ways: Ways, keys?: EpochKeys): Promise<Roster> {
    const epoch = ('epoch' in current ? current.epoch : 0) + 1;
    const seal = (member: Member) => sealKeys(keys!, { mesh: current.mesh, epoch, member }, this.deps.random);
    const sealed = keys ? Object.fromEntries(members.map((member) => [member.key, seal(member)])) : null;
    const change = { members, relays: ways.relays, stun: ways.stun, keys: sealed, issuedAt: this.now() };
    return signRoster(change, current, this.deps.signer());
  }

  async openKeys({ mesh, epoch, members, keys }: Roster): Promise<EpochKeys> {
    const member = members.find(({ key }) => key === this.key)!;
    return this.#withSeal((secret) => openKeys(keys![this.key]!, { mesh, epoch, member }, secret));
  }

  async #withSeal<T>(use: (secret: Uint8Array) => T): Promise<T> {
    const secret = await this.deps.sealSecret();
    try {
      return use(secret);
    } finally {
      secret.fill(0);
    }
  }

  /** @throws MeshError `not_a_member` */
  member(): MeshState {
    if (this.state) return this.state;
    throw new MeshError('not_a_member', 'This node is a member of no mesh.', {
      advice: 'Create one, or join one by an invitation.',
    });
  }

  now(): string {
    return new Date(this.deps.clock.now()).toISOString();
  }
}

/** The peer id of a node key in hex. */
export const peerOf = (key: string): string => peerIdOf(fromHex(key)!);

export const joined = (roster: Roster): NewEntry[] => [
  { type: 'MESH_JOINED', data: { mesh: roster.mesh, inviter: roster.issuer } },
  rosterEntry(roster, undefined),
];

export function rekeyed(state: MeshState, roster: Roster, keys: EpochKeys): MeshState {
  const before = { epoch: state.roster.epoch, meshKey: state.keys.meshKey, until: roster.issued_at };
  return { ...state, roster, keys, oldKeys: [before, ...state.oldKeys].slice(0, MESH_LIMITS.oldMeshKeys) };
}

/** @throws MeshError `not_a_member` */
export function keyOf(peer: string): string {
  const key = publicKeyOfPeer(peer);
  if (!key) throw new MeshError('not_a_member', 'This is no peer id.');
  return hex(key);
}
