/**
 * How members that know a relay find each other: a stream of this protocol to the relay is answered with the peer ids
 * that hold a reservation there, in random order, without the asker's own: one a line, ASCII. Then the relay closes.
 * It asks nothing, so the relay need not read.
 */
import { utf8 } from '../crypto';
import { publicKeyOfPeer } from './peer-id';

export const RENDEZVOUS = '/sovereign/rendezvous/1.0.0';
/** Peer ids in one answer: more than a node keeps links to, so that a few are alive. */
export const RENDEZVOUS_PEERS = 32;
/** An answer's most bytes: 52 characters and a newline for each. */
export const RENDEZVOUS_BYTES = RENDEZVOUS_PEERS * 53;

export const encodePeers = (peers: readonly string[]): Uint8Array<ArrayBuffer> =>
  utf8(peers.map((peer) => `${peer}\n`).join(''));

/** The peer ids of an answer; lines that are none are left out, as are those beyond {@link RENDEZVOUS_PEERS}. */
export function parsePeers(answer: Uint8Array): string[] {
  const lines = String.fromCharCode(...answer.subarray(0, RENDEZVOUS_BYTES)).split('\n');
  return [...new Set(lines)].filter((line) => publicKeyOfPeer(line) !== undefined).slice(0, RENDEZVOUS_PEERS);
}
