/** The joiner's side, on whatever way it reaches the device that invited it. */
import { hex } from '../../crypto';
import { MeshError, peerIdOf, type RelayedMesh } from '../../mesh';
import { invitationId, join, type Invitation } from '../../mesh/members';
import type { MemberBook } from './book';
import { reachInviter } from './meeting';
import type { Membership } from './membership';
import type { Pairing, Pairings } from './pairings';
import type { NodeMeshDeps } from './types';

type Way = Omit<Invitation, 'expires' | 'name'> & {
  /** How long the inviter is looked for: it may come a little later, or somebody may have to carry a code to it. */
  lookMs: number;
};

interface Parts {
  deps: NodeMeshDeps;
  /** The secret of the key that rosters' keys are sealed to. */
  sealSecret: () => Promise<Uint8Array>;
  book: MemberBook;
  membership: Membership;
  pairings: Pairings;
  /** A mesh that only the inviter is let into, for this alone. */
  open: (way: Way) => Promise<RelayedMesh>;
  disconnect: () => Promise<void>;
  /** Opens the mesh that this node is a member of now. */
  connect: () => Promise<void>;
  inTurn: <T>(task: () => Promise<T>) => Promise<T>;
}

export class Joining {
  readonly #parts: Parts;
  /** By token and inviter, in this life: whose words the owner has compared, and said yes. */
  readonly #confirmed = new Set<string>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @param inviter what the inviter is called @param name what this device is to be called @throws MeshError */
  begin(way: Way, inviter: string, name: string): Pairing {
    const { book, pairings } = this.#parts;
    if (book.state || pairings.views().some(({ side, state }) => side === 'joiner' && !isOver(state))) {
      throw new MeshError('refused', 'This node is a member of a mesh already, or joins one now.', {
        advice: 'Leave that one first.',
      });
    }
    const pairing = pairings.begin('joiner', peerIdOf(way.inviter), inviter);
    void this.#join(way, name, pairing).then(
      () => pairing.done(),
      (error: unknown) => pairing.failed(error),
    );
    return pairing;
  }

  async #join(way: Way, name: string, pairing: Pairing): Promise<void> {
    const { deps, book, membership, open, disconnect, connect, inTurn } = this.#parts;
    const joined = await inTurn(async () => {
      try {
        const mesh = await open(way);
        const look = { ended: pairing.ended.signal, schedule: deps.schedule, lookMs: way.lookMs };
        const stream = await reachInviter(mesh, peerIdOf(way.inviter), look);
        pairing.ended.signal.addEventListener('abort', () => stream.reset());
        const { publicKey } = deps.signer();
        const sealSecret = await this.#parts.sealSecret();
        const mine = { key: publicKey, name, seal: await book.sealKey(), sealSecret };
        return await join(stream, {
          ...mine,
          invitation: way,
          decide: (inviter) => this.#decide(way, inviter, pairing),
        });
      } finally {
        await disconnect();
      }
    });
    await membership.join(name, way.relayKey, joined.roster, joined.keys);
    await connect();
  }

  /** Who comes again because the answer was lost is not asked again: the words are those of the same key. */
  async #decide({ token, inviter }: Way, name: string, pairing: Pairing): Promise<boolean> {
    const id = `${invitationId(token)} ${hex(inviter)}`;
    if (this.#confirmed.has(id)) return true;
    const yes = await pairing.meet(name);
    if (yes) this.#confirmed.add(id);
    return yes;
  }
}

const isOver = (state: string): boolean => state === 'done' || state === 'failed';
