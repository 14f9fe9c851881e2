import type { Handlers } from '../dispatch';
import type { Running } from '../running';

export function approvalHandlers(running: () => Running): Pick<Handlers, 'ListApprovals' | 'DecideApproval'> {
  return {
    ListApprovals: () => Promise.resolve(running().governance.kernel.pending()),
    DecideApproval: async ({ id, verdict }) => {
      await running().governance.kernel.decide(id, verdict);
      return null;
    },
  };
}
