import { serveIpc } from '../../mesh/ipc';
import type { Machine } from '../node';
import { RemoteDoor } from '../remote/door';
import type { OpenMesh } from './types';

/** What members can ask of this node while the mesh is open. @returns what ends that */
export function serveMembers(machine: Machine, { mesh, book }: OpenMesh): () => void {
  const mayControl = (peer: string): boolean => {
    const member = book.memberAt(peer);
    return member !== undefined && book.rightsOf(member.key).includes('control');
  };
  const door = new RemoteDoor({ machine, mayControl });
  return serveIpc(mesh, (peer) => door.admit(peer), machine.schedule);
}
