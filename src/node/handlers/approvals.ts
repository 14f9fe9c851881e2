import type { Handlers } from '../dispatch';
import type { Running } from '../running';

export function approvalHandlers(running: () => Running): Pick<Handlers, 'ListApprovals' | 'DecideApproval'> {
  return {
    ListApprovals: async () => {
      const { governance } = running();
      await governance.sweep();
      return governance.pendingApprovals();
    },
    DecideApproval: async ({ id, verdict }) => {
      await running().governance.decide(id, verdict);
      return null;
    },
  };
}
