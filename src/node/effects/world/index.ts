/** What the node answers to a skill: each call against the grants of the order that the run is under. */
import type { AuditLog } from '../../../audit';
import type { WorkOrder } from '../../../governance';
import type { SkillHost } from '../../../skills';
import type { RecordStore } from '../../../storage';
import type { Fetch } from '../../witness';
import { WorldError } from './errors';
import { httpFetch } from './http';
import { SkillMemory } from './memory';

export interface WorldParts {
  log: Pick<AuditLog, 'append'>;
  records: RecordStore;
  fetch: Fetch;
}

/** @param order one that was checked at the door, for a run of `skill` with these grants and no others */
export function worldOf(
  { log, records, fetch }: WorldParts,
  order: WorkOrder,
  skill: string,
  grants: readonly string[],
): SkillHost {
  const memory = new SkillMemory(records, skill);
  return {
    async call(name, request, signal) {
      if (name === 'http.fetch') return httpFetch({ fetch, log, orderId: order.order_id, grants }, request, signal);
      if (!grants.includes(name)) throw new WorldError(`${name} was not granted`);
      if (name === 'memory.read') return memory.read(request);
      if (name === 'memory.write') return memory.write(request);
      throw new WorldError(`this node does not offer ${name}`);
    },
  };
}
