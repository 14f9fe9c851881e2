/** The mesh of this node: the one place where it is opened and closed, and where the owner's requests about it arrive. */
import { fromHex } from '../../crypto';
import { MeshError, peerIdOf, publicKeyOfPeer, type MeshStream, type RelayedMesh } from '../../mesh';
import { decodeInvitation, encodeInvitation, JOIN } from '../../mesh/members';
import { isOffer } from '../../mesh/nearby';
import type { InvitationContent, MeshCheck, MeshView } from '../../protocol/mesh';
import { inTurn } from '../../protocol/in-turn';
import type { Params } from '../../protocol/messages';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { keyOf, MemberBook } from './book';
import { diagnose } from './diagnose';
import { Joining } from './joining';
import { Keeper } from './keeper';
import { meetJoiner } from './meeting';
import { Membership } from './membership';
import { Nearby } from './nearby';
import { Pairings } from './pairings';
import { Rosters } from './rosters';
import { MeshStore } from './store';
import type { NodeMeshDeps, Served } from './types';
import { findWays, type Ways } from './ways';
import { contentOf, viewOf } from './view';

const SEALED_STATE = 'mesh-state';
const SEAL_KEY = 'mesh-seal';

export class NodeMesh {
  readonly #deps: NodeMeshDeps;
  readonly #book: MemberBook;
  readonly #membership: Membership;
  readonly #keeper: Keeper;
  readonly #pairings: Pairings;
  readonly #joining: Joining;
  readonly nearby: Nearby;
  readonly #rosters: Rosters;
  #mesh: RelayedMesh | undefined;
  #openedAt = 0;
  /** While the mesh is open. */
  served: Served | undefined;
  /** Ends what is served on the open mesh. */
  #unserve = (): Promise<void> => Promise.resolve();
  #removed = false;
  /** Of the open mesh: its id, epoch and relays. */
  #way = '';
  #closed = false;
  readonly #inTurn = inTurn();
  /** What becomes of the list: one change is told before the next is made. */
  readonly #changing = inTurn();

  private constructor(deps: NodeMeshDeps, book: MemberBook) {
    this.#deps = deps;
    this.#book = book;
    this.#membership = new Membership(book);
    this.#keeper = new Keeper(book);
    const { random, schedule, changed } = deps;
    const words = (peer: string) => deps.words(publicKeyOfPeer(peer)!);
    this.#pairings = new Pairings({ random, schedule, words, changed });
    this.#joining = new Joining({
      ...{ deps, book, membership: this.#membership, pairings: this.#pairings },
      sealSecret: () => deps.secret(SEAL_KEY),
      open: ({ inviter, meshKey, relayKey, relays }) => {
        const ways = { relays: [...relays], stun: [] };
        return this.#open(meshKey, relayKey, ways, (one) => one === peerIdOf(inviter));
      },
      disconnect: () => this.#disconnect(),
      connect: () => {
        this.#removed = false;
        return this.#connect();
      },
      inTurn: this.#inTurn,
    });
    this.nearby = new Nearby({ deps, book, keeper: this.#keeper, joining: this.#joining, mesh: () => this.#mesh });
    this.#rosters = new Rosters({
      ...{ book, membership: this.#membership, schedule },
      mesh: () => this.#mesh,
      heard: (peer) => this.served?.heads.heard(peer) ?? false,
      moved: (how) => this.#moved(how),
    });
  }

  /** Opens the mesh when this node is a member of one. */
  static async open(deps: NodeMeshDeps): Promise<NodeMesh> {
    const { log, records, signer, secret, clock, random, members } = deps;
    const store = new MeshStore(records, () => secret(SEALED_STATE), random);
    const sealSecret = () => secret(SEAL_KEY);
    const mesh = new NodeMesh(deps, await MemberBook.open({ log, store, signer, sealSecret, clock, random, members }));
    await mesh.#connect();
    return mesh;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#pairings.close();
    this.#rosters.close();
    this.nearby.close();
    await this.#disconnect();
  }

  get self(): string {
    return peerIdOf(this.#deps.signer().publicKey);
  }

  /** How many members are linked. */
  get links(): number {
    return this.#linked().length;
  }

  get isMember(): boolean {
    return this.#book.state !== undefined;
  }

  view(): MeshView {
    return viewOf({
      book: this.#book,
      self: this.self,
      words: this.#deps.words,
      mesh: this.#mesh,
      removed: this.#removed,
      starting: this.#deps.clock.now() - this.#openedAt < MESH_LIMITS.dialMs,
      pairings: this.#pairings.views(),
      direct: this.#deps.realm.direct,
      head: (peer) => this.served?.heads.of(peer) ?? null,
    });
  }

  async create({ name, relays, relay_key: key, token }: Params<'CreateMesh'>): Promise<void> {
    const ask = (relayKey: Uint8Array) => findWays(relays, { relayKey, token, fetch: this.#deps.fetch });
    await this.#membership.create(name, key === undefined ? undefined : fromHex(key), ask);
    this.#removed = false;
    await this.#connect();
  }

  async setRelays({ relays, token }: Params<'SetRelays'>): Promise<void> {
    const { relayKey, roster } = this.#book.member();
    const { stun } = roster;
    const ways = await findWays(relays, { relayKey, token, stun, fetch: this.#deps.fetch });
    await this.keep((keeper) => keeper.setWays(ways));
  }

  async invite(minutes: number): Promise<{ id: string; text: string; expires_at: string }> {
    const { id, token, expires } = await this.#keeper.invite(minutes);
    const { roster, keys, relayKey, name } = this.#book.member();
    const inviter = this.#deps.signer().publicKey;
    const { mesh, relays } = roster;
    const text = encodeInvitation({ mesh, expires, token, inviter, name, meshKey: keys.meshKey, relayKey, relays });
    this.#deps.changed();
    return { id, text, expires_at: new Date(1000 * expires).toISOString() };
  }

  async withdraw(id: string): Promise<void> {
    await this.#keeper.withdraw(id);
    this.#deps.changed();
  }

  /** @throws MeshError `invitation_malformed` | `invitation_expired` */
  read(text: string): InvitationContent {
    return isOffer(text) ? this.nearby.read(text) : contentOf(decodeInvitation(text), this.#deps);
  }

  /** Begins; the owner sees in {@link view} how it goes on. @throws MeshError */
  join(text: string, name: string): void {
    const invitation = decodeInvitation(text);
    const { name: inviter } = contentOf(invitation, this.#deps);
    this.#joining.begin({ ...invitation, lookMs: MESH_LIMITS.joinMs }, inviter, name);
  }

  confirm(id: string, yes: boolean): void {
    this.#pairings.decide(id, yes);
  }

  /** @param act changes the list; the peer ids of those who are out by that are told so too */
  keep(act: (keeper: Keeper) => Promise<readonly string[]>): Promise<void> {
    return this.#changing(async () => {
      const removed = await act(this.#keeper);
      await this.#rosters.announce(removed);
      for (const peer of removed) this.nearby.drop(peer);
      await this.#connect();
    });
  }

  async setRights({ peer, rights, skills }: Params<'SetMemberRights'>): Promise<void> {
    await this.#membership.setRights(keyOf(peer), rights, skills);
    this.#deps.changed();
  }

  async leave(): Promise<void> {
    await this.#membership.leave();
    await this.#connect();
  }

  /** Reaches a member. @returns how, in words @throws MeshError */
  async dial(address: string): Promise<string> {
    const peer = address.replace(/^.*\/p2p\//, '');
    const member = this.#book.memberAt(peer);
    if (!member) throw new MeshError('not_a_member', 'No member of this mesh has this peer id.');
    await this.#rosters.ask(peer);
    const link = this.#mesh?.peers().find((found) => found.peer === peer)?.link ?? 'none';
    return link === 'direct' ? `Connected to ${member.name} directly.` : `Connected to ${member.name} over a relay.`;
  }

  /** What there is to do with members. @throws MeshError `unreachable` while the mesh is not open */
  get open(): Served {
    if (this.served) return this.served;
    throw new MeshError('unreachable', 'This node is not connected to a mesh.', {
      advice: 'Create a mesh, or join one, under Mesh.',
    });
  }

  diagnose(): Promise<MeshCheck[]> {
    const { realm, schedule } = this.#deps;
    return diagnose({ book: this.#book, mesh: this.#mesh, direct: realm.direct, schedule });
  }

  #linked() {
    const peers = this.#mesh?.peers() ?? [];
    return peers.filter(({ peer, link }) => link !== 'none' && this.#book.memberAt(peer) !== undefined);
  }

  /** Opens the mesh as the state says now, unless it is: with other keys or relays it is another, and with none there is none. */
  #connect(): Promise<void> {
    return this.#inTurn(async () => {
      const { state } = this.#book;
      const way = state && !this.#closed ? `${state.roster.mesh} ${state.roster.epoch} ${waysText(state.roster)}` : '';
      if (way === this.#way) return this.#deps.changed();
      await this.#disconnect();
      this.#way = way;
      if (way === '' || !state) {
        this.nearby.close();
        return this.#deps.changed();
      }
      const { keys, relayKey, roster } = state;
      await this.#open(keys.meshKey, relayKey, roster, (peer) => this.#admits(peer));
      const mesh = this.#mesh!;
      const isMember = (peer: string) => this.#book.memberAt(peer) !== undefined;
      const served = await this.#deps.serve({ mesh, book: this.#book, isMember });
      this.served = served;
      const stops = [mesh.handle(JOIN, (stream) => this.#host(stream)), this.#rosters.serve(mesh)];
      this.#unserve = async () => {
        for (const stop of stops) stop();
        await served.stop();
      };
      this.#deps.changed();
    });
  }

  async #open(
    meshKey: Uint8Array,
    relayKey: Uint8Array,
    { relays, stun }: Ways,
    admits: (peer: string) => boolean,
  ): Promise<RelayedMesh> {
    const { realm, signer, random, schedule, clock } = this.#deps;
    const keys = { mesh: meshKey, relay: relayKey, old: (peer: string) => this.#rosters.oldKey(peer) };
    const nearby = this.nearby.links;
    this.#mesh = await realm.open({
      signer: signer(),
      keys,
      relays,
      iceServers: stun,
      admits,
      nearby,
      random,
      schedule,
    });
    this.#openedAt = clock.now();
    this.#mesh.onChange(() => this.#deps.changed());
    return this.#mesh;
  }

  async #disconnect(): Promise<void> {
    const unserve = this.#unserve;
    this.#unserve = () => Promise.resolve();
    await unserve();
    this.served = undefined;
    const mesh = this.#mesh;
    this.#mesh = undefined;
    this.#way = '';
    await mesh?.close();
  }

  /** Members; while invitations are good whoever has the key, for pairing alone; and who must hear that it was removed. */
  #admits(peer: string): boolean {
    if (this.#book.memberAt(peer) || this.#rosters.isLeaving(peer)) return true;
    return this.#book.isKeeper && this.#book.life.invitedUntil > this.#deps.clock.now();
  }

  /** A member told of a newer list. Others are told before the keys change under their links. */
  #moved(how: 'changed' | 'removed'): void {
    this.#removed = how === 'removed';
    const follow = async (): Promise<void> => {
      if (how === 'changed') await this.#rosters.announce();
      await this.#connect();
    };
    const followed = how === 'removed' ? follow() : this.#changing(follow);
    followed.catch((error: unknown) => this.#deps.failed(error));
  }

  async #host(stream: MeshStream): Promise<void> {
    const { name } = this.#book.member();
    const parts = { name, keeper: this.#keeper, pairings: this.#pairings, schedule: this.#deps.schedule };
    if (!(await meetJoiner(stream, parts))) return;
    this.#deps.changed();
    void this.#changing(() => this.#rosters.announce()).catch(() => undefined);
  }
}

const waysText = ({ relays, stun }: Ways): string => [...relays, ...stun].join(' ');
