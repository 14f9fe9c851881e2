import type { JsonObject } from '../../protocol/json';
import type { ActionName, Audience, OrderGate, WorkOrder } from '../../governance';

/** Each executor's own gate: it checks the order itself and trusts nobody's word that it was checked. */
export interface EffectDoor {
  /** @throws GovernanceError with an `OrderRefusal` code. */
  check(order: WorkOrder, audience: Audience, action: ActionName, args: JsonObject): Promise<void>;
}

/** One door per executor, so that each keeps its own set of used orders. */
export function createDoor(gate: OrderGate): EffectDoor {
  return { check: (order, audience, action, args) => gate.check(order, { audience, action, args }) };
}
