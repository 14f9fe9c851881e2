import type { AuditLog } from '../../audit';
import type { Executor } from '../../governance';
import type { Openings } from '../openings';
import { parseArgs } from './args';
import type { EffectDoor } from './door';

/** Erases what personal fields stand for. The log keeps their hashes, so that nothing else changes. */
export function privacyExecutor(door: EffectDoor, openings: Openings, log: AuditLog): Executor {
  return {
    audience: 'privacy',
    async execute(order, args) {
      await door.check(order, 'privacy', 'erase_openings', args);
      const { hashes } = parseArgs('erase_openings', args);
      // First gone, then said: after a crash between, the order in the log names what was to be erased.
      const erased = await openings.erase(hashes);
      await log.append({
        type: 'OPENING_ERASED',
        severity: 'WARNING',
        data: { hashes: erased, order_id: order.order_id },
      });
      return { erased: erased.length };
    },
  };
}
