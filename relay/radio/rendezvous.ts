/** The relay's side of src/mesh/rendezvous.ts: it keeps seals that it cannot read, and hands them on. */
import type { CircuitRelayService } from '@libp2p/circuit-relay-v2';
import type { Connection, Libp2p, Stream } from '@libp2p/interface';
import { byteStream } from '@libp2p/utils';
import { concat } from '../../src/crypto';
import { RENDEZVOUS, RENDEZVOUS_BYTES, SEAL_BYTES } from '../../src/mesh/rendezvous';
import type { Random } from '../../src/protocol/runtime';

const ANSWERED = RENDEZVOUS_BYTES / SEAL_BYTES;

export class Rendezvous {
  readonly #node: Libp2p<{ relay: CircuitRelayService }>;
  readonly #requestMs: number;
  readonly #random: Random;
  /** By peer id; one that has left is gone at once. */
  readonly #seals = new Map<string, Uint8Array>();

  constructor(node: Libp2p<{ relay: CircuitRelayService }>, requestMs: number, random: Random) {
    this.#node = node;
    this.#requestMs = requestMs;
    this.#random = random;
  }

  async serve(): Promise<void> {
    this.#node.addEventListener('peer:disconnect', ({ detail }) => this.#seals.delete(detail.toString()));
    await this.#node.handle(RENDEZVOUS, (stream, connection) => this.#answer(stream, connection), {
      maxInboundStreams: 4,
    });
  }

  async #answer(stream: Stream, { remotePeer }: Connection): Promise<void> {
    const signal = AbortSignal.timeout(this.#requestMs);
    try {
      const bytes = byteStream(stream, { maxBufferSize: SEAL_BYTES });
      const seal = (await bytes.read({ bytes: SEAL_BYTES, signal })).subarray();
      const others = this.#others(remotePeer.toString());
      this.#seals.set(remotePeer.toString(), seal.slice());
      if (others.length > 0) await bytes.write(concat(...others), { signal });
      await stream.close({ signal });
    } catch (error) {
      stream.abort(error as Error);
    }
  }

  /** Seals of some that can be reached here, in random order. */
  #others(asker: string): Uint8Array[] {
    const { reservations } = this.#node.services.relay;
    const present = [...reservations.keys()].map(String).filter((peer) => peer !== asker);
    const seals = present.flatMap((peer) => this.#seals.get(peer) ?? []);
    const count = Math.min(ANSWERED, seals.length);
    const numbers = new Uint32Array(this.#random.bytes(4 * count).buffer);
    numbers.forEach((number, i) => {
      const j = i + (number % (seals.length - i));
      [seals[i], seals[j]] = [seals[j]!, seals[i]!];
    });
    return seals.slice(0, count);
  }
}
