import type { MeshView } from '../../../protocol/mesh';

/** How often the page looks while it is open: a rate needs two looks. Milliseconds. */
export const LOOK_MS = 2_000;

interface Look {
  at: number;
  /** By peer, both directions. */
  bytes: Map<string, number>;
}

/** How much goes to and from each member now, from what two looks at the node differ by. */
export class Rates {
  /** Bytes a second, by peer. */
  by = $state.raw<ReadonlyMap<string, number>>(new Map());
  #last: Look | undefined;

  /** @param at milliseconds of a clock that only goes forward */
  look(view: MeshView, at: number): void {
    const bytes = new Map(view.members.map(({ peer, bytes_in, bytes_out }) => [peer, bytes_in + bytes_out]));
    const last = this.#last;
    // Hints come in between: too short a time says nothing.
    if (last && at - last.at < LOOK_MS / 2) return;
    this.#last = { at, bytes };
    if (!last) return;
    const rate = (peer: string, now: number): number => {
      const before = last.bytes.get(peer) ?? now;
      // The node counts from nothing again after it was opened anew.
      return now < before ? 0 : (1000 * (now - before)) / (at - last.at);
    };
    this.by = new Map([...bytes].map(([peer, now]) => [peer, rate(peer, now)]));
  }
}
