/** This node as a member: it creates or joins a mesh, follows its lists, says what others may do here, and leaves. */
import { hex } from '../../crypto';
import { MeshError } from '../../mesh';
import { relayKeyOf } from '../../mesh/pnet';
import { follows, newEpochKeys, rosterEntry, type EpochKeys, type Member, type Roster } from '../../mesh/members';
import type { MemberRight } from '../../protocol/mesh';
import { joined, rekeyed, type MemberBook } from './book';
import type { Ways } from './ways';

export class Membership {
  readonly #book: MemberBook;

  constructor(book: MemberBook) {
    this.#book = book;
  }

  /** @param ask finds how members will reach each other, with the key of the link to relays */
  create(name: string, relayKey: Uint8Array | undefined, ask: (relayKey: Uint8Array) => Promise<Ways>): Promise<void> {
    return this.#book.serially(async () => {
      this.#mustBeNone();
      const { random } = this.#book.deps;
      const mesh = hex(random.bytes(16));
      const keys = newEpochKeys(random);
      const linkKey = relayKey ?? relayKeyOf(keys.meshKey);
      const ways = await ask(linkKey);
      const me: Member = {
        key: this.#book.key,
        seal: await this.#book.sealKey(),
        name,
        role: 'keeper',
        since: this.#book.now(),
      };
      const roster = await this.#book.sign({ mesh }, [me], ways, keys);
      const base = { name, keys, relayKey: linkKey, oldKeys: [], leaving: null, seen: {}, epochs: {} };
      await this.#book.put(
        { ...base, roster },
        [roster],
        [{ type: 'MESH_CREATED', data: { mesh } }, rosterEntry(roster, undefined)],
      );
    });
  }

  join(name: string, relayKey: Uint8Array, roster: Roster, keys: EpochKeys): Promise<void> {
    return this.#book.serially(async () => {
      this.#mustBeNone();
      const state = { name, keys, relayKey, roster, oldKeys: [], leaving: null, seen: {}, epochs: {} };
      await this.#book.put(state, [roster], joined(roster));
    });
  }

  /** @param skills which ones, of the right `run`; any when none is named */
  setRights(key: string, rights: readonly MemberRight[], skills: readonly string[] = []): Promise<void> {
    return this.#book.serially(async () => {
      if (key === this.#book.key || !this.#book.members.some((member) => member.key === key)) {
        throw new MeshError('not_a_member', 'There is no such other member in this mesh.');
      }
      const sorted = [...new Set(rights)].sort();
      const named = sorted.includes('run') && skills.length > 0 ? { skills: [...new Set(skills)].sort() } : {};
      await this.#book.log([{ type: 'MESH_RIGHTS_SET', data: { member: key, rights: sorted, ...named } }]);
    });
  }

  /**
   * Goes on to the newest of these lists, as far as each follows from the one before.
   * @returns whether anything changed: `removed` when this node is not on the newest any more
   * @throws MeshError `bad_signature` for a list that goes another way
   */
  adopt(rosters: readonly Roster[]): Promise<'same' | 'changed' | 'removed'> {
    return this.#book.serially(async () => {
      let answer: 'same' | 'changed' | 'removed' = 'same';
      for (const next of rosters) {
        const state = this.#book.state;
        if (!state || next.number <= state.roster.number) continue;
        if (!follows(state.roster, next)) {
          throw new MeshError('bad_signature', 'A member told of a list that does not follow from ours.');
        }
        if (!next.members.some(({ key }) => key === this.#book.key)) {
          await this.#book.leave('removed');
          return 'removed';
        }
        const moved = next.keys ? rekeyed(state, next, await this.#book.openKeys(next)) : { ...state, roster: next };
        await this.#book.put(moved, [next], [rosterEntry(next, state.roster)]);
        answer = 'changed';
      }
      return answer;
    });
  }

  leave(): Promise<void> {
    return this.#book.serially(() => this.#book.leave('left'));
  }

  /** Written when it is asked for next: who was seen when is not worth a write of its own. */
  async saw(keys: readonly string[]): Promise<void> {
    await this.#book.serially(async () => {
      if (!this.#book.state || keys.length === 0) return;
      const now = this.#book.now();
      this.#book.state = {
        ...this.#book.state,
        seen: { ...this.#book.state.seen, ...Object.fromEntries(keys.map((key) => [key, now])) },
      };
      await this.#book.deps.store.write(this.#book.state);
    });
  }

  /** By its word, a member has a list under the keys of this epoch. */
  async hasKeys(key: string, epoch: number): Promise<void> {
    await this.#book.serially(async () => {
      const { state } = this.#book;
      if (!state || (state.epochs[key] ?? 0) >= epoch) return;
      this.#book.state = { ...state, epochs: { ...state.epochs, [key]: epoch } };
      await this.#book.deps.store.write(this.#book.state);
    });
  }

  #mustBeNone(): void {
    if (!this.#book.state) return;
    throw new MeshError('refused', 'This node is a member of a mesh already.', { advice: 'Leave that one first.' });
  }
}
