import type { Handlers } from '../dispatch';
import type { Running } from '../running';

export function approvalHandlers(
  running: () => Running,
): Pick<Handlers, 'ListApprovals' | 'DecideApproval' | 'PreviewDecision'> {
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
    PreviewDecision: ({ id, verdict }) => Promise.resolve(running().governance.preview(id, verdict)),
  };
}
