import { LIMITS } from '../../protocol/limits';
import { approvalDecided, approvalRequested, genesis, role, snapshot } from './grants';
import { keyChange, keyRevoked, statementSigners } from './keys';
import { authorized, outcome, SEQ, underOrder } from './orders';
import { registryChanged } from './registry';
import { PointerMoved, StageCompleted } from './shapes';
import { digestOf, type Case } from './state';

export { Case, newState, type LogState, type PolicyRecord, type StageRecord } from './state';

function stageCompleted(c: Case): void {
  underOrder(c);
  const data = c.read(StageCompleted);
  if (!data) return;
  const { run, stage, type, artifacts, statement_sha256: statement } = data;
  const signers = statementSigners(c, c.state.orders.get(data.order_id)?.[SEQ]);
  c.state.stages.push({ where: c.where, run, stage, type, artifacts, statement, signers });
}

/** The registry's pointers, replayed: each move starts where the last one ended, and the digests are those states'. */
function pointerMoved(c: Case): void {
  underOrder(c);
  const data = c.read(PointerMoved);
  if (!data) return;
  const { pointers } = c.state;
  const state = (): string => digestOf({ pointers: Object.fromEntries(pointers) });
  if (!pointers.has(data.pointer) && pointers.size >= LIMITS.verifyPointers)
    return c.broken('too_many_pointers', `more than ${LIMITS.verifyPointers} pointers are not followed`);
  if (data.from !== (pointers.get(data.pointer) ?? null) || data.state_before !== state())
    c.broken('bad_pointer', `the pointer ${data.pointer} did not stand where the move says it did`);
  if (data.to === null) pointers.delete(data.pointer);
  else pointers.set(data.pointer, data.to);
  if (data.state_after !== state()) c.broken('bad_pointer', 'the state after the move does not have its SHA-256');
}

/** What an entry of each type must satisfy beyond its place in the chain. Types without a rule are only chained. */
const RULES: ReadonlyMap<string, (c: Case) => void> = new Map<string, (c: Case) => void>([
  ['GENESIS', genesis],
  ['CONFIG_SNAPSHOT', snapshot],
  ['ROLE_SIGNATURE', role],
  ['APPROVAL_REQUESTED', approvalRequested],
  ['APPROVAL_DECIDED', approvalDecided],
  ['EXECUTION_AUTHORIZED', authorized],
  ['EXECUTION_COMPLETED', outcome],
  ['EXECUTION_FAILED', outcome],
  ['STAGE_COMPLETED', stageCompleted],
  ['VOTE_CAST', underOrder],
  ['PROMOTION', pointerMoved],
  ['ROLLBACK', pointerMoved],
  ['AUDIT_EXPORT', underOrder],
  ['HTTP_FETCHED', underOrder],
  ['SKILL_INSTALLED', registryChanged],
  ['SKILL_ROLLED_BACK', registryChanged],
  ['SKILL_PINNED', registryChanged],
  ['SKILL_REVOKED', registryChanged],
  ['AUTHOR_TRUSTED', registryChanged],
  ['AUTHOR_REVOKED', registryChanged],
  ['KEY_ROTATED', keyChange],
  ['KEY_REVOKED', keyRevoked],
  ['TRUSTEES_SET', keyChange],
  ['RECOVERY', keyChange],
]);

export function judge(c: Case): void {
  const first = c.entry.seq === 0;
  if (first !== (c.entry.type === 'GENESIS'))
    return c.broken('bad_genesis', 'the log does not begin with its only GENESIS');
  RULES.get(c.entry.type)?.(c);
}
