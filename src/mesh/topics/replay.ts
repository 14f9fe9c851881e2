/**
 * Which messages of one sender came already. Gossip brings them out of order and, from a hostile relayer, again. A
 * sender numbers its messages from 1 in each of its lives; a life is named by the time it began at.
 */
import { MESH_LIMITS } from '../../protocol/mesh-limits';

const WINDOW = MESH_LIMITS.topicWindow;

/** The sliding window of RFC 4303 section 3.4.3: numbers at most `WINDOW` below the highest, one bit each. */
class Life {
  readonly began: number;
  #highest = 0;
  readonly #seen = new Set<number>();

  constructor(began: number) {
    this.began = began;
  }

  isNew(number: number): boolean {
    return number > this.#highest - WINDOW && !this.#seen.has(number);
  }

  take(number: number): void {
    this.#seen.add(number);
    if (number <= this.#highest) return;
    const floor = number - WINDOW;
    if (floor > this.#highest) {
      this.#seen.clear();
      this.#seen.add(number);
    } else {
      for (let old = this.#highest - WINDOW + 1; old <= floor; old++) this.#seen.delete(old);
    }
    this.#highest = number;
  }
}

export class ReplayGuard {
  /** Newest first. */
  #lives: Life[] = [];
  /** Lives that began by then are over: what they said may have been heard, and nobody knows any more. */
  #over = -1;

  /** Whether it never came before; it has, from now on. */
  take(began: number, number: number): boolean {
    if (began <= this.#over) return false;
    let life = this.#lives.find((known) => known.began === began);
    if (!life) {
      life = new Life(began);
      this.#lives = [...this.#lives, life].sort((a, b) => b.began - a.began);
      for (const old of this.#lives.splice(MESH_LIMITS.topicLives)) this.#over = Math.max(this.#over, old.began);
      if (began <= this.#over) return false;
    }
    if (!life.isNew(number)) return false;
    life.take(number);
    return true;
  }
}
