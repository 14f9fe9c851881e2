import type { NodeStatus } from '../../protocol/messages';
import type { Badge } from './badges';

/** The node in one word. */
export function nodeBadge(status: NodeStatus | undefined, connected: boolean): Badge {
  if (!status) return ['waiting', 'Starting'];
  if (!connected) return ['warning', 'Not answering'];
  switch (status.phase) {
    case 'booting':
      return ['waiting', 'Starting'];
    case 'locked':
      return ['asking', 'Locked'];
    case 'halted':
      return ['fail', 'Halted'];
    case 'reload_needed':
      return ['warning', 'Reload'];
    case 'ready':
      return status.system_health === 'OK' ? ['pass', 'Ready'] : ['warning', 'Degraded'];
  }
}
