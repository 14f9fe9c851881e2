import type { Handlers } from '../dispatch';
import type { MeshRequests } from '../../protocol/mesh';
import { NodeError } from '../errors';

const refuse = (): Promise<never> =>
  Promise.reject(new NodeError('not_built', 'The mesh is not part of this version.'));

export const meshHandlers: Pick<Handlers, keyof MeshRequests> = {
  MeshDial: refuse,
  MeshPeers: refuse,
  GetMesh: refuse,
  CreateMesh: refuse,
  SetRelays: refuse,
  InviteMember: refuse,
  WithdrawInvitation: refuse,
  ReadInvitation: refuse,
  JoinMesh: refuse,
  ConfirmPairing: refuse,
  RemoveMember: refuse,
  SetMemberRights: refuse,
  LeaveMesh: refuse,
  DiagnoseMesh: refuse,
};
