/** Links by two codes, without any server: this node offers one, or answers one that another device shows. */
import { MeshError, peerIdOf, type RelayedMesh } from '../../mesh';
import {
  decodeAnswer,
  decodeOffer,
  encodeAnswer,
  encodeOffer,
  linkKeyOf,
  NearbyLink,
  NearbyLinks,
  offerId,
  type Answer,
  type Offer,
  type RtcConnection,
} from '../../mesh/nearby';
import type { InvitationContent } from '../../protocol/mesh';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { MemberBook } from './book';
import type { Joining } from './joining';
import type { Keeper } from './keeper';
import type { Pairing } from './pairings';
import type { NodeMeshDeps } from './types';
import { contentOf } from './view';

interface Parts {
  deps: NodeMeshDeps;
  book: MemberBook;
  keeper: Keeper;
  joining: Joining;
  mesh: () => RelayedMesh | undefined;
}

interface OpenOffer {
  /** Of the invitation, where it invites. */
  invitation: string | undefined;
  token: Uint8Array;
  link: NearbyLink;
  cancel: () => void;
}

export class Nearby {
  readonly links = new NearbyLinks();
  readonly #parts: Parts;
  /** By {@link offerId}. */
  readonly #offers = new Map<string, OpenOffer>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * A code for another device to answer.
   * @param invite for one that is to join, from the keeper alone; otherwise for a member
   * @throws MeshError
   */
  async offer(invite: boolean): Promise<{ id: string; text: string; expires_at: string }> {
    const { deps, book, keeper } = this.#parts;
    const { roster, relayKey, name } = book.member();
    await this.#makeRoom();
    const connection = await this.#connection();
    const invited = invite ? await this.#invite(connection) : undefined;
    const token = invited?.token ?? deps.random.bytes(16);
    const expires = invited?.expires ?? Math.floor(deps.clock.now() / 1000) + 60 * MESH_LIMITS.nearbyMinutes;
    const { link, ice } = await NearbyLink.offer(connection, linkKeyOf(token), deps.schedule).catch(
      async (error: unknown) => {
        // Nobody will see its code.
        if (invited) await keeper.withdraw(invited.id);
        throw error;
      },
    );
    const id = offerId(token);
    const close = (): void => void this.withdraw(id).catch(() => undefined);
    const cancel = deps.schedule(close, 60_000 * MESH_LIMITS.nearbyMinutes);
    this.#offers.set(id, { invitation: invited?.id, token, link, cancel });
    // With its tab goes the connection.
    void link.over.then(close);
    const { publicKey: key } = deps.signer();
    const told = { mesh: roster.mesh, expires, token, key, name, relayKey: invite ? relayKey : undefined, ice };
    deps.changed();
    return { id, text: encodeOffer(told), expires_at: new Date(1000 * expires).toISOString() };
  }

  async withdraw(id: string): Promise<void> {
    const offer = this.#take(id);
    if (offer) await this.#end(offer);
  }

  /** The answer to one of our codes: resolves when the other device is linked. It is good once. @throws MeshError */
  async accept(text: string): Promise<void> {
    const { book } = this.#parts;
    const answer = decodeAnswer(text, (id) => this.#offers.get(id)?.token);
    const peer = peerIdOf(answer.key);
    const found = this.#offers.get(answer.offer)!;
    if (found.invitation === undefined && !book.memberAt(peer)) {
      throw new MeshError('not_a_member', 'The answer is from a device that is not in this mesh.');
    }
    const offer = this.#take(answer.offer)!;
    try {
      await this.#link(offer.link, peer, answer);
    } catch (error) {
      await this.#end(offer);
      throw error;
    }
  }

  /** What a code says of itself. @throws MeshError `invitation_malformed` | `invitation_expired` */
  read(text: string): InvitationContent {
    const { mesh, expires, key, name, relayKey } = decodeOffer(text);
    const content = contentOf({ mesh, expires, inviter: key, name, relays: [] }, this.#parts.deps);
    return { ...content, by: 'codes', invites: relayKey !== undefined };
  }

  /**
   * Answers another device's code: joins by it, or links to a member.
   * @param name what this device is to be called, when it joins
   * @returns the code to show to the other device
   * @throws MeshError
   */
  async answer(text: string, name: string | undefined): Promise<{ text: string }> {
    this.read(text);
    const { book } = this.#parts;
    const offer = decodeOffer(text);
    const peer = peerIdOf(offer.key);
    if (book.state && (book.state.roster.mesh !== offer.mesh || !book.memberAt(peer) || this.#isOurs(offer))) {
      throw new MeshError('refused', 'This code is from this device itself, or from no member of its mesh.');
    }
    if (!book.state && !offer.relayKey) {
      throw new MeshError('not_a_member', 'This code links devices that are in one mesh already.', {
        advice: 'Ask for an invitation: the device that keeps the mesh shows it.',
      });
    }
    if (!book.state && name === undefined) throw new MeshError('refused', 'Say what this device is called.');
    return this.#answer(offer, book.state ? undefined : name);
  }

  drop(peer: string): void {
    this.links.drop(peer);
  }

  close(): void {
    this.links.close();
    for (const [id, { link }] of this.#offers) {
      this.#take(id);
      link.close();
    }
  }

  async #invite(connection: RtcConnection): ReturnType<Keeper['invite']> {
    try {
      return await this.#parts.keeper.invite(MESH_LIMITS.nearbyMinutes);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  async #answer(offer: Offer, name: string | undefined): Promise<{ text: string }> {
    const { deps } = this.#parts;
    const other = { key: linkKeyOf(offer.token), peer: peerIdOf(offer.key), ice: offer.ice };
    const { link, ice } = await NearbyLink.answer(await this.#connection(), other, deps.schedule);
    const { publicKey: key } = deps.signer();
    const text = encodeAnswer({ offer: offerId(offer.token), key, ice }, offer.token);
    try {
      const pairing = name === undefined ? undefined : this.#join(offer, name);
      if (pairing) this.#follow(pairing, link, text);
    } catch (error) {
      link.close();
      throw error;
    }
    this.links.add(link);
    return { text };
  }

  #join({ mesh, token, key, name: inviter, relayKey }: Offer, name: string): Pairing {
    const { deps, joining } = this.#parts;
    const lookMs = 60_000 * MESH_LIMITS.nearbyMinutes;
    // Of the mesh's own key it hears once both owners have said yes.
    const meshKey = deps.random.bytes(32);
    const way = { mesh, token, inviter: key, meshKey, relayKey: relayKey!, relays: [], lookMs };
    return joining.begin(way, inviter, name);
  }

  /** The pairing shows the answer; without the link it is over, and without it the link is. */
  #follow(pairing: Pairing, link: NearbyLink, text: string): void {
    pairing.show(text);
    void link.over.then(() => pairing.lost());
    pairing.onFailed(() => link.close());
  }

  #isOurs({ key }: Offer): boolean {
    return peerIdOf(key) === peerIdOf(this.#parts.deps.signer().publicKey);
  }

  async #link(link: NearbyLink, peer: string, { ice }: Answer): Promise<void> {
    await link.accept(peer, ice).catch((cause: unknown) => {
      throw new MeshError('refused', 'This browser does not take that answer.', { cause, advice: 'Show a new code.' });
    });
    this.links.add(link);
    if (await this.#reached(this.#parts.mesh(), link)) return;
    throw new MeshError('unreachable', 'The two devices did not find each other on the network.', {
      advice: 'Check that both are in one network that lets its devices talk to each other, then show a new code.',
    });
  }

  async #end({ link, invitation }: OpenOffer): Promise<void> {
    link.close();
    if (invitation !== undefined) await this.#parts.keeper.withdraw(invitation);
    this.#parts.deps.changed();
  }

  /** The oldest goes when there are too many. */
  async #makeRoom(): Promise<void> {
    if (this.#offers.size < MESH_LIMITS.nearbyOffers) return;
    await this.withdraw(this.#offers.keys().next().value!);
  }

  #take(id: string): OpenOffer | undefined {
    const offer = this.#offers.get(id);
    this.#offers.delete(id);
    offer?.cancel();
    return offer;
  }

  async #connection(): Promise<RtcConnection> {
    const { realm } = this.#parts.deps;
    if (realm.connect) return realm.connect();
    throw new MeshError('refused', 'Links by codes need a browser.', { advice: 'Open the app in one.' });
  }

  #reached(mesh: RelayedMesh | undefined, link: NearbyLink): Promise<boolean> {
    return new Promise((resolve) => {
      if (!mesh) return resolve(false);
      const end = (is: boolean) => (): void => {
        stop();
        cancel();
        resolve(is);
      };
      const isLinked = (): boolean => mesh.peers().some((one) => one.peer === link.peer && one.link === 'direct');
      const stop = mesh.onChange(() => (isLinked() ? end(true)() : undefined));
      const cancel = this.#parts.deps.schedule(end(false), MESH_LIMITS.nearbyConnectMs);
      void link.over.then(end(false));
      if (isLinked()) end(true)();
    });
  }
}
