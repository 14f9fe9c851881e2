/** What only the keeper of a mesh does: invite, let in, remove, name the relays. */
import type { NewEntry } from '../../audit';
import { MeshError } from '../../mesh';
import {
  invitationId,
  newEpochKeys,
  refusal,
  rosterEntry,
  sealKeys,
  type Joiner,
  type Member,
  type Refusal,
  type Roster,
} from '../../mesh/members';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { keyOf, peerOf, rekeyed, type MemberBook } from './book';
import type { Ways } from './ways';

export class Keeper {
  readonly #book: MemberBook;

  constructor(book: MemberBook) {
    this.#book = book;
  }

  /** The token, which is kept nowhere. @throws MeshError */
  invite(minutes: number): Promise<{ token: Uint8Array; id: string; expires: number }> {
    return this.#book.serially(async () => {
      this.#mustKeep();
      if (this.#book.openInvitations().length >= MESH_LIMITS.invitations) {
        throw new MeshError('overloaded', `${MESH_LIMITS.invitations} invitations are open already.`, {
          advice: 'Withdraw one of them first.',
        });
      }
      this.#mustHaveRoom();
      const token = this.#book.deps.random.bytes(16);
      const id = invitationId(token);
      // Whole seconds, as the invitation has them.
      const expires = Math.floor(this.#book.deps.clock.now() / 1000) + 60 * minutes;
      const expires_at = new Date(1000 * expires).toISOString();
      await this.#book.log([{ type: 'MESH_INVITED', data: { invitation: id, expires_at } }]);
      return { token, id, expires };
    });
  }

  withdraw(id: string): Promise<void> {
    return this.#book.serially(async () => {
      if (this.#book.life.invitations.has(id)) await this.#book.log([ended(id, 'withdrawn')]);
    });
  }

  /** Whether a token lets this device in now. */
  check(token: Uint8Array, joiner: Joiner): Refusal | 'welcome' | 'welcome_back' {
    const id = invitationId(token);
    if (!this.#book.isKeeper) return 'not_a_member';
    const inside = this.#book.members.find(({ key }) => key === joiner.key);
    if (this.#book.life.ended.get(id) === joiner.key && inside?.seal === joiner.seal) return 'welcome_back';
    const open = this.#book.life.invitations.get(id);
    if (!open) return this.#book.life.ended.has(id) ? 'invitation_used' : 'invitation_malformed';
    if (Date.parse(open.expiresAt) <= this.#book.deps.clock.now()) return 'invitation_expired';
    if (inside || this.#book.members.length >= MESH_LIMITS.members) return 'refused';
    return 'welcome';
  }

  /** Takes a device in, and ends its invitation. @throws MeshError */
  admit(token: Uint8Array, joiner: Joiner): Promise<{ roster: Roster; keys: string }> {
    return this.#book.serially(async () => {
      const answer = this.check(token, joiner);
      if (answer !== 'welcome' && answer !== 'welcome_back') throw refusal(answer);
      if (answer === 'welcome') {
        const { roster, keys: _, ...rest } = this.#book.member();
        const member: Member = { ...joiner, role: 'member', since: this.#book.now() };
        const next = await this.#book.sign(roster, [...roster.members, member], roster);
        const used = ended(invitationId(token), 'used', joiner.key);
        await this.#book.put(
          { ...rest, keys: this.#book.member().keys, roster: next },
          [next],
          [used, rosterEntry(next, roster)],
        );
      }
      // Whom it was not said of yet is told nothing.
      await this.#book.log([]);
      const { roster, keys } = this.#book.member();
      const sealed = { mesh: roster.mesh, epoch: roster.epoch, member: joiner };
      return { roster, keys: sealKeys(keys, sealed, this.#book.deps.random) };
    });
  }

  /** A member less, and new keys for those who stay. @returns its peer id @throws MeshError */
  remove(peer: string): Promise<string[]> {
    return this.#book.serially(async () => {
      this.#mustKeep();
      const { key } = this.#other(peer);
      await this.#without(key, (members) => members);
      return [peer];
    });
  }

  /** Whether this member may {@link takeOver}. @throws MeshError */
  setDeputy(peer: string, deputy: boolean): Promise<string[]> {
    return this.#book.serially(async () => {
      this.#mustKeep();
      const meant = this.#other(peer);
      const state = this.#book.member();
      const role = deputy ? 'deputy' : 'member';
      if (meant.role === role) return [];
      const members = state.roster.members.map((one) => (one === meant ? { ...one, role } : one) satisfies Member);
      const next = await this.#book.sign(state.roster, members, state.roster);
      await this.#book.put({ ...state, roster: next }, [next], [rosterEntry(next, state.roster)]);
      return [];
    });
  }

  /**
   * As a deputy: the keeper from now on, under new keys; the one before is out, also where only its device is lost.
   * @returns the peer id of that one @throws MeshError `refused`
   */
  takeOver(): Promise<string[]> {
    return this.#book.serially(async () => {
      const { issuer, members } = this.#book.member().roster;
      const { key: mine } = this.#book;
      if (members.find(({ key }) => key === mine)?.role !== 'deputy') {
        throw new MeshError('refused', 'Only a device that the keeper named for it can take its place.', {
          advice: 'Do it at the one that the list of members calls a deputy, or make another mesh.',
        });
      }
      await this.#without(issuer, (all) => all.map((one) => (one.key === mine ? { ...one, role: 'keeper' } : one)));
      return [peerOf(issuer)];
    });
  }

  /** Open invitations hold the old key, and end. */
  async #without(key: string, change: (members: Member[]) => Member[]): Promise<void> {
    const state = this.#book.member();
    const { roster } = state;
    const keys = newEpochKeys(this.#book.deps.random);
    const staying = change(roster.members.filter((member) => member.key !== key));
    const next = await this.#book.sign(roster, staying, roster, keys);
    const withdrawn = [...this.#book.life.invitations.keys()].map((id) => ended(id, 'withdrawn'));
    await this.#book.put(rekeyed(state, next, keys), [next], [...withdrawn, rosterEntry(next, roster)]);
  }

  #other(peer: string): Member {
    const key = keyOf(peer);
    const member = this.#book.members.find((one) => one.key === key);
    if (member && key !== this.#book.key) return member;
    throw new MeshError('not_a_member', 'There is no such other member in this mesh.');
  }

  setWays(ways: Ways): Promise<string[]> {
    return this.#book.serially(async () => {
      this.#mustKeep();
      const state = this.#book.member();
      const next = await this.#book.sign(state.roster, state.roster.members, ways);
      await this.#book.put({ ...state, roster: next }, [next], [rosterEntry(next, state.roster)]);
      return [];
    });
  }

  #mustKeep(): void {
    this.#book.member();
    if (this.#book.isKeeper) return;
    throw new MeshError('refused', 'Only the device that keeps this mesh can do that.', {
      advice: 'Do it there: the list of members says which one it is.',
    });
  }

  #mustHaveRoom(): void {
    if (this.#book.members.length < MESH_LIMITS.members) return;
    throw new MeshError('overloaded', `A mesh has at most ${MESH_LIMITS.members} members.`);
  }
}

const ended = (invitation: string, reason: 'used' | 'withdrawn', member?: string): NewEntry => ({
  type: 'MESH_INVITATION_ENDED',
  data: { invitation, reason, ...(member === undefined ? {} : { member }) },
});
