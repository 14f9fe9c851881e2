import type { NodeStatus } from '../../protocol/messages';
import type { Route } from './route';

export type GateState = 'open' | 'starting' | 'locked' | 'halted' | 'reload' | 'failed';

/** Whether a screen may show. Verify needs no node at all: a stranger may use it on someone else's device. */
export function gateOf({ screen }: Route, status: NodeStatus | undefined, failed: boolean): GateState {
  if (screen === 'verify') return 'open';
  if (!status) return failed ? 'failed' : 'starting';
  switch (status.phase) {
    case 'ready':
      return 'open';
    case 'booting':
      return 'starting';
    case 'reload_needed':
      return 'reload';
    case 'locked':
    case 'halted':
      return status.phase;
  }
}
