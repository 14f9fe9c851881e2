import { LIMITS } from '../protocol/limits';
import type { Clock } from '../protocol/runtime';
import { sha256Text, type Sha256 } from '../crypto';
import { canonical } from './actions';
import { isDeepFrozen } from './freeze';
import { parseOrder } from './order';
import { verifyJcs } from './signed';
import { GovernanceError, type ActionName, type Audience, type OrderRefusal, type WorkOrder } from './types';

/** What an executor knows of itself and of the act it is about to perform. */
export interface OrderExpectation {
  audience: Audience;
  action: ActionName;
  args: unknown;
}

/** The executor's door. */
export interface OrderGate {
  /**
   * Passes once for each order, and only for the one who it was made for, for exactly these arguments.
   * @throws GovernanceError with the {@link OrderRefusal} that says which check failed.
   */
  check(order: unknown, expected: OrderExpectation): Promise<void>;
}

/** The kernel's side of the door. */
export interface OrderLedger {
  readonly gate: OrderGate;
  /**
   * Lets the gate begin with what it has to find out of an order by itself, form and signature, while the log writes the
   * authorisation. Whoever shows this very object at the door is not made to wait for that again.
   */
  expect(order: WorkOrder): void;
  /** Its EXECUTION_AUTHORIZED is durable: it may pass once. */
  admit(order: WorkOrder): void;
  /** The executor is done. False when it never showed the order at the door. */
  retire(order: WorkOrder): boolean;
}

/**
 * @param governanceKey the raw key this node was born with; the only one whose orders count.
 * @param policySha256 digest of the policies in force now.
 * @param spent ids of orders used before this start, so that a replay is told from an unknown order.
 */
export function createOrderLedger(
  governanceKey: Uint8Array,
  clock: Clock,
  policySha256: () => Sha256,
  spent: Iterable<string>,
): OrderLedger {
  /** Order id → its signature: at most as many as actions are in flight. */
  const admitted = new Map<string, string>();
  const used = new Set<string>(spent);
  /** By object, and only of those that nobody can change any more: another one is examined when it comes. */
  const expected = new WeakMap<object, Promise<WorkOrder>>();

  const spend = (id: string): void => {
    used.add(id);
    // Sets iterate in insertion order. A forgotten id is still refused: it is not admitted.
    const oldest = used.values().next().value;
    if (used.size > LIMITS.spentOrders && oldest !== undefined) used.delete(oldest);
  };

  const pass = (order: WorkOrder): void => {
    if (used.has(order.order_id)) throw refusal('order_used', 'it was used before');
    if (admitted.get(order.order_id) !== order.signature) {
      throw refusal('order_not_logged', 'this node has no open authorisation for it');
    }
    admitted.delete(order.order_id);
    spend(order.order_id);
  };

  /** Its form, and the signature over exactly what it says. */
  const examine = async (value: unknown): Promise<WorkOrder> => {
    const order = parseOrder(value);
    const { signature, ...body } = order;
    if (!(await verifyJcs(governanceKey, body, signature))) {
      throw refusal('order_bad_signature', "it is not signed by this node's governance key");
    }
    return order;
  };

  const check = async (value: unknown, wanted: OrderExpectation): Promise<void> => {
    const begun = typeof value === 'object' && value !== null ? expected.get(value) : undefined;
    const order = await (begun ?? examine(value));
    matches(order, wanted);
    const now = clock.now();
    if (now < Date.parse(order.issued_at)) throw refusal('order_not_yet_valid', 'it is dated in the future');
    if (now >= Date.parse(order.expires_at)) throw refusal('order_expired', 'it has expired');
    if (order.policy_sha256 !== policySha256()) throw refusal('order_stale_policy', 'the policies have changed since');
    // From here on nothing awaits: of many that arrive at once, one passes.
    pass(order);
  };

  return {
    gate: Object.freeze({ check }),
    expect: (order) => {
      if (!isDeepFrozen(order)) return;
      const found = examine(order);
      // Heard at the door, by whoever shows it there.
      found.catch(() => undefined);
      expected.set(order, found);
    },
    admit: (order) => void admitted.set(order.order_id, order.signature),
    retire: (order) => !admitted.delete(order.order_id),
  };
}

function matches(order: WorkOrder, expected: OrderExpectation): void {
  if (order.audience !== expected.audience) throw refusal('order_wrong_audience', `it is for '${order.audience}'`);
  if (order.action !== expected.action) throw refusal('order_wrong_action', `it permits '${order.action}'`);
  if (order.arguments_sha256 !== digestOf(expected.args)) {
    throw refusal('order_wrong_arguments', 'it permits other arguments');
  }
}

function digestOf(args: unknown): Sha256 {
  try {
    return sha256Text(canonical(args));
  } catch (cause) {
    throw refusal('order_wrong_arguments', 'the arguments are not JSON', cause);
  }
}

const refusal = (code: OrderRefusal, why: string, cause?: unknown): GovernanceError =>
  new GovernanceError(code, `The work order was turned away: ${why}.`, {
    cause,
    advice: 'Ask for the action again; a work order is good for one use.',
  });
