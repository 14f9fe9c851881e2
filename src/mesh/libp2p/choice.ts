/** Which of a pair of peers makes their link, and which of their connections they use: both sides decide alike. */
import type { Connection } from '@libp2p/interface';
import { isRelayed } from './stream';

/**
 * Whether it is `self` that makes the relayed link of the two; for the other one the answer is the opposite. Half of all
 * others, for each: were it always the lower id, the highest of a hundred would be dialled by all of them.
 */
export function isOurTurn(self: string, peer: string): boolean {
  const alike = (self.charCodeAt(self.length - 1) ^ peer.charCodeAt(peer.length - 1)) & 1;
  return alike === 0 ? self < peer : self > peer;
}

/**
 * The one to use: direct before relayed, then over a relay that stays, then what the side made whose turn it is, then
 * what has been there longest.
 */
export function bestOf(
  open: readonly Connection[],
  isLeaving: (connection: Connection) => boolean,
  ourTurn: boolean,
): Connection | undefined {
  const rank = (connection: Connection): number =>
    (isRelayed(connection) ? 4 : 0) +
    (isLeaving(connection) ? 2 : 0) +
    ((connection.direction === 'outbound') === ourTurn ? 0 : 1);
  let best: Connection | undefined;
  for (const one of open) {
    if (!best || rank(one) < rank(best) || (rank(one) === rank(best) && one.timeline.open < best.timeline.open)) {
      best = one;
    }
  }
  return best;
}

/** Streams that move to another link by themselves, or end at once. */
const HOUSEKEEPING = /^\/(meshsub|floodsub|ipfs|libp2p)\//;

/** Whether nobody's stream is on it; one whose protocol is not agreed yet is somebody's. */
export const isUnused = ({ streams }: Connection): boolean =>
  streams.every(({ protocol }) => HOUSEKEEPING.test(protocol));
