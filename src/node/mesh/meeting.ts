/** The two ends of a pairing: the joiner finds its inviter, and the inviter meets who comes with an invitation. */
import { MeshError, type Mesh, type MeshStream } from '../../mesh';
import { host, invitationId, JOIN } from '../../mesh/members';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { Schedule } from '../supervisor';
import type { Keeper } from './keeper';
import type { Pairing, Pairings } from './pairings';

/** A stream to the inviter, who may come a little later, or whose relay may, or who opens its mesh just now. @throws MeshError */
export async function reachInviter(
  mesh: Mesh,
  peer: string,
  { ended, schedule, lookMs }: { ended: AbortSignal; schedule: Schedule; lookMs: number },
): Promise<MeshStream> {
  const late = new AbortController();
  const cancel = schedule(() => late.abort(), lookMs);
  const signal = AbortSignal.any([ended, late.signal]);
  let refusals = 0;
  try {
    for (;;) {
      try {
        return await mesh.open(peer, JOIN, { signal });
      } catch (error) {
        const code = error instanceof MeshError ? error.code : undefined;
        const isRefused = code === 'protocol_refused' && ++refusals < MESH_LIMITS.joinRefusals;
        if (!isRefused && code !== 'unreachable' && code !== 'stream_reset') throw error;
        if (signal.aborted) throw noInviter(error);
        // Of what the inviter serves a change of the links says nothing.
        await pause(isRefused ? undefined : mesh, signal, schedule);
      }
    }
  } finally {
    cancel();
  }
}

/** Until something changes, or a while. */
function pause(mesh: Mesh | undefined, signal: AbortSignal, schedule: Schedule): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      stop?.();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = schedule(done, MESH_LIMITS.relayRetryMs);
    const stop = mesh?.onChange(done);
    signal.addEventListener('abort', done);
  });
}

interface Parts {
  /** What this device is called. */
  name: string;
  keeper: Keeper;
  pairings: Pairings;
  schedule: Schedule;
}

/** Somebody comes with an invitation. Never rejects. @returns whether he is in */
export async function meetJoiner(stream: MeshStream, { name, keeper, pairings, schedule }: Parts): Promise<boolean> {
  let pairing: Pairing | undefined;
  let shown = '';
  // A stream that never says its token is not kept.
  let cancel = schedule(() => pairing ?? stream.reset(), MESH_LIMITS.rosterMs);
  try {
    await host(stream, {
      name,
      check: (token, joiner) => {
        shown = invitationId(token);
        const answer = keeper.check(token, joiner);
        if (answer === 'welcome_back') {
          // Its owner may have to compare the words once more.
          cancel();
          cancel = schedule(() => stream.reset(), MESH_LIMITS.pairingMs);
        }
        return answer === 'welcome' && pairings.active >= MESH_LIMITS.pairings ? 'overloaded' : answer;
      },
      decide: async (joiner) => {
        pairing = pairings.begin('inviter', stream.peer, joiner.name);
        const { signal } = pairing.ended;
        signal.addEventListener('abort', () => stream.reset());
        const yes = await pairing.meet(joiner.name);
        // Our owner's own no: the invitation is in wrong hands. Time that ran out says nothing of the kind.
        if (!yes && !signal.aborted) await keeper.withdraw(shown);
        return yes;
      },
      admit: (token, joiner) => keeper.admit(token, joiner),
    });
    pairing?.done();
    return true;
  } catch (error) {
    pairing?.failed(error);
    return false;
  } finally {
    cancel();
  }
}

const noInviter = (cause: unknown): MeshError =>
  new MeshError('unreachable', 'The device that invited you cannot be reached.', {
    cause,
    advice: 'Keep the app open there, check that both are online, and try again.',
  });
