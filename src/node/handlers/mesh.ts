import type { MeshRequests } from '../../protocol/mesh';
import type { Handlers } from '../dispatch';
import type { NodeMesh } from '../mesh/node-mesh';

type MeshHandlers = Pick<Handlers, keyof MeshRequests>;

/** @param current the mesh where it is open: what asks for no more opens none */
export function meshHandlers(mesh: () => Promise<NodeMesh>, current: () => NodeMesh | undefined): MeshHandlers {
  /** Does it, and tells how the mesh is afterwards. */
  const then = async (act: (mesh: NodeMesh) => Promise<void> | void) => {
    const it = await mesh();
    await act(it);
    return it.view();
  };
  return {
    MeshDial: async ({ addr }) => (await mesh()).dial(addr),
    MeshPeers: async () => {
      const { members } = (await mesh()).view();
      const reached = members.filter(({ link }) => link !== 'none');
      const peers = reached.map(({ peer, name, link, rtt_ms }) => ({ peer, name, link, rtt_ms }));
      return JSON.stringify(peers);
    },
    GetMesh: async () => (await mesh()).view(),
    CreateMesh: (params) => then((it) => it.create(params)),
    SetRelays: (params) => then((it) => it.setRelays(params)),
    InviteMember: async ({ minutes }) => (await mesh()).invite(minutes),
    WithdrawInvitation: ({ id }) => then((it) => it.withdraw(id)),
    ReadInvitation: async ({ text }) => (await mesh()).read(text),
    JoinMesh: ({ text, name }) => then((it) => it.join(text, name)),
    OfferLink: async ({ invite }) => (await mesh()).nearby.offer(invite),
    AcceptLink: ({ text }) => then((it) => it.nearby.accept(text)),
    WithdrawLink: ({ id }) => then((it) => it.nearby.withdraw(id)),
    AnswerLink: async ({ text, name }) => (await mesh()).nearby.answer(text, name),
    ConfirmPairing: ({ id, yes }) => then((it) => it.confirm(id, yes)),
    RemoveMember: ({ peer }) => then((it) => it.keep((keeper) => keeper.remove(peer))),
    SetDeputy: ({ peer, deputy }) => then((it) => it.keep((keeper) => keeper.setDeputy(peer, deputy))),
    TakeOverMesh: () => then((it) => it.keep((keeper) => keeper.takeOver())),
    SetMemberRights: (params) => then((it) => it.setRights(params)),
    LeaveMesh: () => then((it) => it.leave()),
    ListMemberApprovals: () => Promise.resolve(current()?.served?.approvals.list() ?? []),
    DecideMemberApproval: async ({ peer, id, verdict }) => {
      await (await mesh()).open.approvals.decide(peer, id, verdict);
      return null;
    },
    DiagnoseMesh: async () => (await mesh()).diagnose(),
  };
}
