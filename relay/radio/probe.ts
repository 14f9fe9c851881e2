/**
 * A member that changes networks says no farewell, and circuit-relay leads all that comes for it to its oldest
 * connection, which nobody reads any more. So when a member comes anew, its older one must answer or go.
 */
import type { Connection, Libp2p, PeerId } from '@libp2p/interface';

/** Every libp2p has it; one that has not says so, which is an answer too. */
const PING = '/ipfs/ping/1.0.0';

export class Probes {
  readonly #node: Libp2p;
  readonly #probeMs: number;
  /** By peer id; one at a time, however often it comes. */
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(node: Libp2p, probeMs: number) {
    this.#node = node;
    this.#probeMs = probeMs;
    node.addEventListener('connection:open', ({ detail: { remotePeer } }) => {
      const name = remotePeer.toString();
      if (this.#underWay.has(name)) return;
      const probed = this.#probe(remotePeer).finally(() => this.#underWay.delete(name));
      this.#underWay.set(name, probed);
    });
  }

  /** Resolves when the connection that a circuit to this peer takes is not in doubt. Never rejects. */
  async settled(peer: PeerId): Promise<void> {
    await this.#underWay.get(peer.toString());
  }

  async #probe(peer: PeerId): Promise<void> {
    for (;;) {
      const [oldest, newer] = this.#node.getConnections(peer).filter(({ status }) => status === 'open');
      if (!oldest || !newer || (await answers(oldest, this.#probeMs))) return;
      oldest.abort(new Error('its member came anew, and it answers nothing'));
    }
  }
}

async function answers(connection: Connection, ms: number): Promise<boolean> {
  const signal = AbortSignal.timeout(ms);
  try {
    const stream = await connection.newStream(PING, { signal });
    stream.abort(new Error('it answered'));
    return true;
  } catch {
    return !signal.aborted;
  }
}
