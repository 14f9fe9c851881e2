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
    DecideApproval: async ({ id, verdict, note }) => {
      const { governance, openings } = running();
      if (!note) {
        await governance.decide(id, verdict);
        return null;
      }
      const hidden = await openings.hide(note);
      try {
        await governance.decide(id, verdict, hidden);
      } catch (error) {
        // Nothing in the log says it, so nobody could find it to erase it.
        await openings.erase([hidden.$hidden]);
        throw error;
      }
      return null;
    },
    PreviewDecision: ({ id, verdict }) => Promise.resolve(running().governance.preview(id, verdict)),
  };
}
