/** Witnesses the logs of members: the same core as the relay's, over streams in place of HTTP. */
import { utf8 } from '../../crypto';
import { LIMITS } from '../../protocol/limits';
import type { Reply, Witness } from '../../witness';
import { publicKeyOfPeer } from '../peer-id';
import type { Schedule } from '../schedule';
import { serveMembers } from '../serve';
import type { Mesh } from '../types';
import { Request, WITNESS, WORD_BYTES } from './wire';

export interface WitnessServing {
  mesh: Mesh;
  schedule: Schedule;
  isMember: (peer: string) => boolean;
  witness: Pick<Witness, 'vkey' | 'checkpoint' | 'addCheckpoint' | 'addLog'>;
  /** The witness knows one more log. */
  registered?: () => void;
}

/** Serves until what it returns is called. */
export function serveWitness({ mesh, schedule, isMember, witness, registered }: WitnessServing): () => void {
  const patience = { schedule, ms: LIMITS.witnessAnswerMs };
  const serving = { mesh, isMember, patience, perPeer: 2, inAll: LIMITS.witnessRequests };
  return serveMembers(WITNESS, serving, async (framed, peer) => {
    const { name } = await framed.needJson(Request, WORD_BYTES);
    const { status, type, body } = await answer(witness, peer, name, await framed.need(LIMITS.witnessRequestBytes));
    if (name === 'add-log' && status === 200) registered?.();
    await framed.sendJson({ status, type });
    await framed.send(utf8(body));
  });
}

async function answer(
  witness: WitnessServing['witness'],
  peer: string,
  name: string,
  body: Uint8Array,
): Promise<Reply> {
  if (name === 'add-checkpoint') return witness.addCheckpoint(body);
  if (name === 'add-log') return witness.addLog(body, publicKeyOfPeer(peer) ?? new Uint8Array());
  const shown = name === 'vkey' ? `${witness.vkey}\n` : witness.checkpoint(name.slice(0, 64));
  if (shown === undefined) return { status: 404, type: 'text/plain; charset=utf-8', body: 'There is nothing here.\n' };
  return { status: 200, type: 'text/plain; charset=utf-8', body: shown };
}
