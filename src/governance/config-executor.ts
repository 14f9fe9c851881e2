import type { AuditLog } from '../audit/types';
import type { PolicySet } from '../policy';
import type { BlobStore } from '../storage/types';
import type { Clock } from '../protocol/runtime';
import { fromUtf8, sha256Hex, utf8, type Signer } from '../crypto';
import { signSnapshot } from './config';
import type { OrderGate } from './gate';
import type { PoliciesInForce } from './in-force';
import { POLICY_SCHEMA, type PolicyEngine } from './policy';
import type { KeyRegistry } from './signed';
import { GovernanceError, type EffectContext, type Executor, OWNER, type Resource, type WorkOrder } from './types';
import type { JsonObject } from '../protocol/json';

/** The one owner principal of a node, and what holds its policies. */
export const POLICY_SET: Resource = Object.freeze({ type: 'PolicySet', id: 'current' });

export interface ConfigStores {
  log: AuditLog;
  blobs: Pick<BlobStore, 'put'>;
  governance: Signer;
  owner: Signer;
  clock: Clock;
}

export interface ConfigOptions extends ConfigStores {
  gate: OrderGate;
  engine: PolicyEngine;
  keys: KeyRegistry;
  inForce: PoliciesInForce;
  /** Called once the new policies decide. */
  changed: () => void;
}

/** Performs `sign_policies`: checks the document, keeps it as a blob, signs and logs a snapshot that names it. */
export function createConfigExecutor(options: ConfigOptions): Executor {
  let last: Promise<unknown> = Promise.resolve();
  return {
    audience: 'config',
    execute(order, args, context) {
      // One at a time: a snapshot's number is one more than the one before it.
      const turn = last.then(() => sign(options, order, args, context));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}

async function sign(
  options: ConfigOptions,
  order: WorkOrder,
  args: JsonObject,
  { payload }: EffectContext,
): Promise<{ sha256: string; seq: number }> {
  const { gate, engine, keys, inForce, changed } = options;
  await gate.check(order, { audience: 'config', action: 'sign_policies', args });
  if (!payload || sha256Hex(payload) !== args['policies_sha256']) {
    throw new GovernanceError('bad_arguments', 'The policies are not the text that the work order names.');
  }
  const policies = engine.load(decode(payload), POLICY_SCHEMA);
  refuseLockOut(policies, keys.approvers.size);
  // Texts first, then the entry that names them: a crash between leaves only unused blobs.
  const signed = await prepareSnapshot(options, policies, inForce.snapshot.snapshot.number + 1);
  await inForce.change(policies, async () => {
    const { seq } = await options.log.append({ type: 'CONFIG_SNAPSHOT', data: signed });
    return { ...signed, seq };
  });
  changed();
  return { sha256: policies.sha256, seq: inForce.snapshot.seq };
}

/** Stores the texts durably and signs what names them. */
export async function prepareSnapshot(
  { blobs, governance, owner, clock }: ConfigStores,
  policies: PolicySet,
  number: number,
): ReturnType<typeof signSnapshot> {
  await blobs.put(utf8(policies.cedar));
  await blobs.put(utf8(policies.schema));
  const facts = { number, policiesSha256: policies.sha256, schemaSha256: policies.schemaSha256 };
  return signSnapshot(facts, clock.now(), governance, owner);
}

/**
 * Simulates the owner's next policy change under the new policies.
 * @throws GovernanceError `lock_out` when it would be denied, or need more approvals than there are approvers.
 */
function refuseLockOut(policies: PolicySet, approvers: number): void {
  const next = policies.decide({ principal: OWNER, action: 'sign_policies', resource: POLICY_SET, context: {} });
  if (next.effect === 'allow' && next.needed <= approvers) return;
  throw new GovernanceError('lock_out', 'These policies would keep the owner from ever changing them again.', {
    advice: 'Keep a permit for sign_policies by the owner.',
    details: { policies: next.policies },
  });
}

function decode(payload: Uint8Array): string {
  try {
    return fromUtf8(payload);
  } catch (cause) {
    throw new GovernanceError('bad_policy', 'The policies are not UTF-8 text.', { cause, details: { errors: [] } });
  }
}
