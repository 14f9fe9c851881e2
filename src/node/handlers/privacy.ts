import { LIMITS } from '../../protocol/limits';
import type { Handlers } from '../dispatch';
import type { Running } from '../running';

export function privacyHandlers(running: () => Running): Pick<Handlers, 'ListPersonal' | 'ErasePersonal'> {
  return {
    ListPersonal: async () => {
      const { openings, log } = running();
      const fields = await openings.fields(log);
      // One name stands in the request, its order and the entry itself: the last place tells most.
      return [...new Map(fields.map((field) => [field.sha256, field])).values()]
        .slice(-LIMITS.pageEntries)
        .map(({ sha256, seq, ts, type, pointer, value }) => ({ sha256, seq, ts, type, pointer, value }));
    },
    ErasePersonal: async ({ hashes }) => {
      const { result } = await running().asOwner({
        action: 'erase_openings',
        resource: { type: 'Openings', id: 'current' },
        args: { hashes },
        context: {},
      });
      return result as { erased: number };
    },
  };
}
