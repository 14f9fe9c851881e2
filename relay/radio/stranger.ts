/**
 * A caller that has not shown a key yet. One that does not has seen 24 random bytes and a close.
 *
 * Which key: the caller's nonce starts its key stream, and the first that is hidden under it is always the header of
 * multistream-select (the caller speaks first). The key under which that header appears is its network's.
 */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { concat, equalBytes, utf8 } from '../../src/crypto';
import { KeyStream, NONCE_BYTES } from '../../src/mesh/pnet';
import type { Random } from '../../src/protocol/runtime';

const HEADER = utf8('\x13/multistream/1.0.0\n');
const SHOWN_BYTES = NONCE_BYTES + HEADER.length;

/** A caller that showed a network's key. */
export interface Shown<Network> {
  network: Network;
  incoming: KeyStream;
  outgoing: KeyStream;
  /** What it sent after its nonce, still hidden. */
  first: Uint8Array;
}

export interface StrangerLimits {
  strangerBytes: number;
  strangerMs: number;
}

/**
 * Greets with a nonce and waits for a key to be shown; after that nothing here listens any more.
 * @returns `undefined` when none was: the socket is ended then, whatever the reason, without a word
 */
export function greet<Network>(
  socket: WebSocket,
  raw: Duplex,
  networks: () => Iterable<readonly [key: Uint8Array, network: Network]>,
  { strangerBytes, strangerMs }: StrangerLimits,
  random: Random,
): Promise<Shown<Network> | undefined> {
  const ours = random.bytes(NONCE_BYTES);
  return new Promise((resolve) => {
    let said: Uint8Array = new Uint8Array(0);
    let taken = 0;
    const part = (shown: Shown<Network> | undefined): void => {
      clearTimeout(patience);
      raw.off('data', count);
      socket.off('message', listen).off('error', leave).off('close', leave);
      // What still comes of a socket that is ended must not be an error that nobody listens for.
      if (!shown) socket.on('error', () => undefined).terminate();
      resolve(shown);
    };
    const leave = (): void => {
      part(undefined);
    };
    // Counted on the wire, because a long message is gathered whole before a WebSocket tells of it.
    const count = (chunk: Buffer): void => {
      taken += chunk.length;
      if (taken > strangerBytes) leave();
    };
    const listen = (data: Buffer, binary: boolean): void => {
      if (!binary || said.length + data.length > strangerBytes) return leave();
      said = concat(said, data);
      if (said.length >= SHOWN_BYTES) part(recognise(said, ours, networks()));
    };
    const patience = setTimeout(leave, strangerMs);
    raw.on('data', count);
    socket.on('message', listen).on('error', leave).on('close', leave);
    socket.send(ours, { binary: true });
  });
}

function recognise<Network>(
  said: Uint8Array,
  ours: Uint8Array,
  networks: Iterable<readonly [key: Uint8Array, network: Network]>,
): Shown<Network> | undefined {
  const theirs = said.subarray(0, NONCE_BYTES);
  const hidden = said.subarray(NONCE_BYTES, SHOWN_BYTES);
  for (const [key, network] of networks) {
    if (!equalBytes(new KeyStream(key, theirs).apply(hidden), HEADER)) continue;
    const first = said.subarray(NONCE_BYTES);
    return { network, incoming: new KeyStream(key, theirs), outgoing: new KeyStream(key, ours), first };
  }
  return undefined;
}
