import type { Executor } from '../../governance';
import type { Json, JsonObject } from '../../protocol/json';
import { parseArgs } from './args';
import type { EffectDoor } from './door';

/** Makes one request here as its owner would, because a device in control asked for it and the policies permit that. */
export function remoteExecutor(
  door: EffectDoor,
  make: (request: string, params: JsonObject | null) => Promise<Json>,
): Executor {
  return {
    audience: 'remote',
    async execute(order, args) {
      await door.check(order, 'remote', 'ask', args);
      const { request, params } = parseArgs('ask', args);
      return make(request, params as JsonObject | null);
    },
  };
}
