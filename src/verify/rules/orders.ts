import { jcs } from '../../crypto';
import type { JsonObject } from '../../protocol/json';
import { Authorized, Completed, Outcome, UnderOrder } from './shapes';
import { timeOf } from '../chain';
import { isRevoked, signerNumber } from './keys';
import { isPrincipal, readRole } from './roles';
import { APPROVER, digestOf, USED, withoutSignature, type Case } from './state';

/** The words that an order id carries. */
export const SEQ = 0;
const SETTLED = 1;

/** An order goes into the log before its effect: signed, unique, under the policies in force, for a known role. */
export function authorized(c: Case): void {
  const data = c.read(Authorized);
  const { keys, orders, snapshot } = c.state;
  if (!data || !keys) return;
  const { order } = data;
  const record = c.entry.data['order'] as JsonObject;
  if (orders.has(order.order_id)) c.unauthorised('order_repeated', 'its order id was used before');
  else orders.add(order.order_id)[SEQ] = c.entry.seq;
  if (order.arguments_sha256 !== digestOf(data.arguments))
    c.unauthorised('order_wrong_arguments', 'the order is for other arguments');
  if (order.policy_sha256 !== snapshot?.policies)
    c.unauthorised('order_stale_policy', 'the order was decided by policies that were not in force');
  if (order.log_seq > c.entry.seq) c.unauthorised('order_from_future', 'the order names a log longer than it was');
  checkRequest(c, record, c.entry.data['request'] as JsonObject);
  checkRole(c, record, order);
  checkApprovals(c, record, order.arguments_sha256);
  const what = 'the governance key did not sign the order';
  c.signed(keys.governance, withoutSignature(record), order.signature, 'order_bad_signature', what);
}

function checkRequest(c: Case, order: JsonObject, request: JsonObject): void {
  for (const part of ['principal', 'action', 'resource'])
    if (jcs(order[part]!) !== jcs(request[part]!))
      c.unauthorised('order_wrong_request', `the order is for another ${part} than was asked for`);
}

function checkRole(c: Case, record: JsonObject, order: { role_signature: string; issued_at: string }): void {
  const words = c.state.roles.get(order.role_signature);
  if (!words) return c.unauthorised('unknown_role', 'the order rests on a role that was not granted');
  const role = readRole(words);
  if (!isPrincipal(role, digestOf(record['principal'])))
    c.unauthorised('unknown_role', 'the order rests on a role that was granted to another principal');
  if (isRevoked(c.state.life, role.issuer))
    c.unauthorised('revoked_key', 'the order rests on a role that was granted by a key revoked since');
  const issued = timeOf(order.issued_at);
  if (!(issued >= role.from && issued < role.until))
    c.unauthorised('role_expired', 'the order was issued outside the time of its role');
}

/** Each approval is one that the log holds, says yes to exactly this action, and is used once. */
function checkApprovals(c: Case, order: JsonObject, argumentsSha256: string): void {
  const given = order['approvals'] as readonly JsonObject[];
  if (given.length === 0) return;
  const { context } = c.entry.data['request'] as JsonObject;
  const { principal, action, resource } = order;
  const act = digestOf({ action, arguments_sha256: argumentsSha256, context, principal, resource, v: 1 });
  for (const approval of given) {
    const digest = digestOf(approval);
    const known = c.state.approvals.get(digest);
    if (!known) c.unauthorised('bad_approval', 'the order carries an approval that the log does not');
    else if (!stands(c, known[APPROVER]!))
      c.unauthorised('revoked_key', 'the order carries an approval by a key that is no longer in force');
    else if (known[USED] === 1) c.unauthorised('bad_approval', 'the order carries an approval that was used before');
    else known[USED] = 1;
    if (approval['action_digest'] !== act || approval['verdict'] !== 'yes')
      c.unauthorised('bad_approval', 'the order carries an approval of something else');
  }
}

/** Whether an approval still counts: by the owner key in force, or by a device that no revoked key made an approver. */
function stands({ state: { life } }: Case, number: number): boolean {
  if (life.spans[number]?.purpose === 'governance') return !isRevoked(life, number);
  return number === signerNumber(life, 'owner');
}

/** Every effect's end belongs to one order that the log authorised before, and that had no end yet. */
export function outcome(c: Case): void {
  const data = c.read(Outcome);
  if (!data) return;
  const order = c.state.orders.get(data.order_id);
  if (!order) c.unauthorised('no_order', 'no order before it authorised this');
  else {
    if (order[SEQ] !== data.authorized_seq) c.broken('bad_reference', 'it names another entry as its authorisation');
    if (order[SETTLED] === 1) c.unauthorised('order_used_twice', 'its order had an outcome already');
    order[SETTLED] = 1;
  }
  if (c.entry.type !== 'EXECUTION_COMPLETED') return;
  const done = c.read(Completed);
  if (done && digestOf(done.result) !== done.result_sha256)
    c.broken('bad_digest', 'the result does not have the SHA-256 beside it');
}

/** An entry made in the course of an effect names the order it was made under. */
export function underOrder(c: Case): void {
  const data = c.read(UnderOrder);
  if (data && !c.state.orders.has(data.order_id)) c.unauthorised('no_order', 'no order before it authorised this');
}
