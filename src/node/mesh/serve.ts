import { openedIdentity } from '../../identity';
import { serveIpc } from '../../mesh/ipc';
import { openWitnessStore, serveWitness, witnessName } from '../../mesh/witness';
import { Witness } from '../../witness';
import type { Machine } from '../node';
import { RemoteDoor } from '../remote/door';
import type { OpenMesh } from './types';

/** What members can ask of this node while the mesh is open. @returns what ends that */
export async function serveMembers(machine: Machine, { mesh, book, isMember }: OpenMesh): Promise<() => void> {
  const mayControl = (peer: string): boolean => {
    const member = book.memberAt(peer);
    return member !== undefined && book.rightsOf(member.key).includes('control');
  };
  const door = new RemoteDoor({ machine, mayControl });
  const { schedule, options } = machine;
  const signer = openedIdentity(machine.service()).signers.node;
  const witness = new Witness({
    name: witnessName(signer.publicKey),
    signer,
    clock: options.clock,
    // Members' logs come by themselves; nobody else reaches this.
    logs: [],
    open: true,
    store: await openWitnessStore(machine.storage().records),
  });
  const stops = [
    serveIpc(mesh, (peer) => door.admit(peer), schedule),
    serveWitness({ mesh, schedule, isMember, witness }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
