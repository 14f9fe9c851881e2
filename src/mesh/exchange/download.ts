/**
 * One content that comes from several members, from its end to its beginning. Pure: who is asked for which chunk, what
 * is verified, and who lied. What a member sent is judged by its own list of states, so the blame is certain.
 */
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { MeshError } from '../errors';
import { chunksOf, leadsTo, STATE_BYTES } from './chain';

/** What is known of content when its chunks from `left` on are verified. */
export interface Progress {
  bytes: number;
  left: number;
  /** What chunk `left - 1` must lead to. */
  target: Uint8Array;
}

export interface Offer {
  bytes: number;
  states: Uint8Array;
}

export interface Chunk {
  index: number;
  bytes: Uint8Array;
}

/** A chunk that is verified, and what the one before it must lead to. */
export interface Verified extends Chunk {
  target: Uint8Array;
}

export class Download {
  #target: Uint8Array;
  #bytes: number | undefined;
  #left = 0;
  readonly #offers = new Map<string, Offer>();
  /** Chunks that were asked for, and of whom: of a second member when the first one keeps all others waiting. */
  readonly #asked = new Map<number, Set<string>>();
  /** Chunks that came before the one behind them. */
  readonly #early = new Map<number, { peer: string; bytes: Uint8Array }>();

  constructor(digest: Uint8Array, known?: Progress) {
    this.#target = known?.target ?? digest;
    if (known) [this.#bytes, this.#left] = [known.bytes, known.left];
  }

  /** Bytes of the whole, once proven. */
  get bytes(): number | undefined {
    return this.#bytes;
  }

  get isDone(): boolean {
    return this.#bytes !== undefined && this.#left === 0;
  }

  get progress(): Progress | undefined {
    return this.#bytes === undefined ? undefined : { bytes: this.#bytes, left: this.#left, target: this.#target };
  }

  /** A member says how long it is and how its states run. @throws MeshError `digest_mismatch` when that was disproved */
  offer(peer: string, offer: Offer): void {
    if (this.#bytes !== undefined && offer.bytes !== this.#bytes) throw mismatch('its length');
    this.#offers.set(peer, offer);
  }

  /**
   * The chunk to ask this member for, if there is one for it now. While nobody's length is proven, its own last one. With
   * nothing else to do (`isIdle`), also the very next one although another member was asked for it: that one may be slow.
   */
  ask(peer: string, isIdle: boolean): number | undefined {
    const offer = this.#offers.get(peer)!;
    if (this.#bytes === undefined) return chunksOf(offer.bytes) - 1;
    for (let index = this.#left - 1; index >= Math.max(0, this.#left - MESH_LIMITS.contentWindow); index--) {
      if (this.#asked.has(index) || this.#early.has(index)) continue;
      this.#asked.set(index, new Set([peer]));
      return index;
    }
    const next = this.#left - 1;
    const of = this.#asked.get(next);
    if (!isIdle || !of || of.size > 1 || of.has(peer)) return undefined;
    of.add(peer);
    return next;
  }

  /**
   * A chunk came. @returns the chunks that are verified now, from the end on, and other members that turned out to lie
   * @throws MeshError `digest_mismatch` when this member lied
   */
  take(peer: string, { index, bytes }: Chunk): { verified: Verified[]; liars: string[] } {
    const offer = this.#offers.get(peer)!;
    if (this.#bytes === undefined) {
      if (!this.#check(offer, index, bytes, offer.bytes)) throw mismatch('its last chunk');
      [this.#bytes, this.#left] = [offer.bytes, index + 1];
    } else if (offer.bytes !== this.#bytes) {
      throw mismatch('its length');
    }
    this.#asked.delete(index);
    if (index < this.#left && !this.#early.has(index)) this.#early.set(index, { peer, bytes });
    const found = this.#advance();
    if (found.liars.includes(peer)) throw mismatch('a chunk');
    return found;
  }

  /** A member is gone or lied: what was asked of it and is not verified is asked of others. */
  lose(peer: string): void {
    this.#offers.delete(peer);
    for (const [index, of] of this.#asked) if (of.delete(peer) && of.size === 0) this.#asked.delete(index);
    for (const [index, early] of this.#early) if (early.peer === peer) this.#early.delete(index);
  }

  #advance(): { verified: Verified[]; liars: string[] } {
    const verified: Verified[] = [];
    const liars: string[] = [];
    while (this.#left > 0) {
      const index = this.#left - 1;
      const early = this.#early.get(index);
      if (!early) break;
      const offer = this.#offers.get(early.peer)!;
      if (!this.#check(offer, index, early.bytes, this.#bytes!)) {
        liars.push(early.peer);
        this.lose(early.peer);
        break;
      }
      this.#early.delete(index);
      if (index > 0) this.#target = stateBefore(offer, index)!;
      this.#left = index;
      verified.push({ index, bytes: early.bytes, target: this.#target });
    }
    return { verified, liars };
  }

  #check(offer: Offer, index: number, bytes: Uint8Array, total: number): boolean {
    return leadsTo(this.#target, stateBefore(offer, index), bytes, index, total);
  }
}

const stateBefore = ({ states }: Offer, index: number): Uint8Array | undefined =>
  index === 0 ? undefined : states.slice((index - 1) * STATE_BYTES, index * STATE_BYTES);

const mismatch = (what: string): MeshError =>
  new MeshError('digest_mismatch', `what the member sent is not the content that was asked for: ${what}`);
