/** Keeps the lists of members together: tells who is reached of ours, hears of newer ones, and looks for who was away. */
import { publicKeyOfPeer, type Mesh, type MeshStream } from '../../mesh';
import { answerRosters, askRosters, ROSTER, type Have, type Member, type Roster } from '../../mesh/members';
import { hex } from '../../crypto';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { Schedule } from '../supervisor';
import { peerOf, type MemberBook } from './book';
import type { Membership } from './membership';

interface Parts {
  book: MemberBook;
  membership: Membership;
  schedule: Schedule;
  mesh: () => Mesh | undefined;
  /** Whether this member was heard under the present keys, linked or not. */
  heard: (peer: string) => boolean;
  /** Our list is another, by a member's word. */
  moved: (how: 'changed' | 'removed') => void;
}

export class Rosters {
  readonly #parts: Parts;
  /** Which list each peer has, by its own word. */
  readonly #told = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  /** Whom we just removed: told so while the old keys still reach them. */
  #leaving = new Set<string>();
  /** With which earlier key a member that was away is dialled now. */
  readonly #old = new Map<string, Uint8Array>();
  #linked = new Set<string>();
  /** Whom a round looked for last, by its key: the next goes on behind it. */
  #looked = '';
  #cancel = (): void => undefined;
  #closed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#beat();
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  /** The key that this member was left with, while it is dialled for that. */
  oldKey(peer: string): Uint8Array | undefined {
    return this.#old.get(peer);
  }

  isLeaving(peer: string): boolean {
    return this.#leaving.has(peer);
  }

  serve(mesh: Mesh): () => void {
    this.#linked = new Set();
    const stops = [mesh.handle(ROSTER, (stream) => this.#answer(stream)), mesh.onChange(() => this.#look(mesh))];
    this.#look(mesh);
    return () => {
      for (const stop of stops) stop();
    };
  }

  /**
   * Tells everybody who is linked that there is a newer list, and waits until they have it, or are gone, or a while.
   * @param removed who is not on it any more, to be told too
   */
  async announce(removed: readonly string[] = []): Promise<void> {
    const mesh = this.#parts.mesh();
    const number = this.#parts.book.state?.roster.number;
    if (!mesh || number === undefined) return;
    this.#leaving = new Set(removed);
    const linked = () =>
      mesh.peers().flatMap(({ peer, link }) => (link === 'none' || !this.#hears(peer) ? [] : [peer]));
    const lacking = () => linked().some((peer) => (this.#told.get(peer) ?? 0) < number);
    const asked = Promise.allSettled(linked().map((peer) => this.#ask(mesh, peer)));
    await new Promise<void>((resolve) => {
      const cancel = this.#parts.schedule(() => end(), MESH_LIMITS.rosterMs);
      const end = (): void => {
        cancel();
        stop();
        this.#waiting.delete(look);
        resolve();
      };
      const look = (): void => {
        if (!lacking()) end();
      };
      const stop = mesh.onChange(look);
      this.#waiting.add(look);
      void asked.then(look);
    });
    this.#leaving.clear();
  }

  /** Compares with one member now. @throws MeshError */
  async ask(peer: string): Promise<void> {
    const mesh = this.#parts.mesh();
    if (mesh) await this.#ask(mesh, peer);
  }

  #hears(peer: string): boolean {
    return this.#leaving.has(peer) || this.#parts.book.memberAt(peer) !== undefined;
  }

  #have(): Have {
    const { roster } = this.#parts.book.member();
    return { mesh: roster.mesh, number: roster.number };
  }

  async #ask(mesh: Mesh, peer: string): Promise<void> {
    const signal = AbortSignal.timeout(MESH_LIMITS.rosterMs);
    const stream = await mesh.open(peer, ROSTER, { signal });
    signal.addEventListener('abort', () => stream.reset());
    const { theirs, rosters } = await askRosters(stream, this.#have());
    this.#toldOf(peer, theirs);
    await this.#adopt(rosters);
  }

  async #answer(stream: MeshStream): Promise<void> {
    const { book } = this.#parts;
    if (!this.#hears(stream.peer) || !book.state) return stream.reset();
    const have = await answerRosters(stream, this.#have(), ({ mesh, number }) => {
      const { roster } = book.member();
      return mesh === roster.mesh && number < roster.number
        ? book.deps.store.rostersAfter(number)
        : Promise.resolve([]);
    });
    const { roster } = book.member();
    if (have.mesh !== roster.mesh) return;
    // What it gets now it has only once it says so: it asks again, or is gone.
    this.#toldOf(stream.peer, have);
    if (have.number > roster.number) await this.ask(stream.peer);
  }

  #toldOf(peer: string, { mesh, number }: Have): void {
    const { book, membership } = this.#parts;
    const roster = book.state?.roster;
    if (mesh !== roster?.mesh) return;
    this.#told.set(peer, Math.max(number, this.#told.get(peer) ?? 0));
    const member = book.memberAt(peer);
    if (member && number >= roster.number) void membership.hasKeys(member.key, roster.epoch).catch(() => undefined);
    for (const look of [...this.#waiting]) look();
  }

  async #adopt(rosters: readonly Roster[]): Promise<void> {
    const { book, membership, moved } = this.#parts;
    const before = book.state?.roster.number;
    try {
      if ((await membership.adopt(rosters)) === 'removed') moved('removed');
    } finally {
      // Also where only the first of them were good: those are in force.
      if (book.state && book.state.roster.number !== before) moved('changed');
    }
  }

  /** Whoever is newly linked is asked, and counts as seen. */
  #look(mesh: Mesh): void {
    const linked = new Set(mesh.peers().flatMap(({ peer, link }) => (link === 'none' ? [] : [peer])));
    const fresh = [...linked].filter((peer) => !this.#linked.has(peer) && this.#parts.book.memberAt(peer));
    this.#linked = linked;
    if (fresh.length > 0) this.#saw(fresh);
    for (const peer of fresh) void this.#ask(mesh, peer).catch(() => undefined);
  }

  #saw(peers: readonly string[]): void {
    const keys = peers.flatMap((peer) => publicKeyOfPeer(peer) ?? []).map(hex);
    void this.#parts.membership.saw(keys).catch(() => undefined);
  }

  #beat(): void {
    this.#cancel = this.#parts.schedule(() => {
      void this.#round().finally(() => {
        if (!this.#closed) this.#beat();
      });
    }, MESH_LIMITS.rosterSyncMs);
  }

  async #round(): Promise<void> {
    const mesh = this.#parts.mesh();
    if (!mesh || !this.#parts.book.state) return;
    const linked = [...this.#linked].filter((peer) => this.#parts.book.memberAt(peer));
    if (linked.length > 0) this.#saw(linked);
    await Promise.allSettled(linked.map((peer) => this.#ask(mesh, peer)));
    // Meanwhile it may have been closed, or opened with other keys.
    if (this.#parts.mesh() !== mesh) return;
    const lagging = this.#parts.book.members.filter((member) => this.#oldKeys(member).length > 0);
    // Behind the one before, and round again: however many there are, each has its turn.
    const behind = lagging.filter(({ key }) => key > this.#looked);
    const turn = [...behind, ...lagging].slice(0, Math.min(lagging.length, MESH_LIMITS.laggardsAtOnce));
    this.#looked = turn.at(-1)?.key ?? '';
    await Promise.all(turn.map((member) => this.#fetch(mesh, member)));
  }

  /**
   * The keys that a member may have been left with, the likeliest first: those under which it last said that it has our
   * list, and then the later ones, which others may have told it of. None when it is not to be looked for.
   */
  #oldKeys({ key, since }: Member): Uint8Array[] {
    const { book, heard } = this.#parts;
    const peer = peerOf(key);
    if (key === book.key || this.#linked.has(peer) || heard(peer) || !book.state) return [];
    const had = book.state.epochs[key];
    const old = book.state.oldKeys.filter(({ epoch, until }) => (had === undefined ? until > since : epoch >= had));
    return old.map(({ meshKey }) => meshKey).toReversed();
  }

  async #fetch(mesh: Mesh, member: Member): Promise<void> {
    const peer = peerOf(member.key);
    try {
      for (const key of this.#oldKeys(member)) {
        this.#old.set(peer, key);
        const isReached = await this.#ask(mesh, peer).then(
          () => true,
          // Away, or left with another of them.
          () => false,
        );
        if (isReached) return;
      }
    } finally {
      this.#old.delete(peer);
    }
  }
}
