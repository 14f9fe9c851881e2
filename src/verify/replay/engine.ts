import { jcs } from '../../crypto';
import { loadPolicies, PolicyError, type Cedar, type Decision, type PolicySet } from '../../policy';
import type { DecisionRecord } from '../../protocol/decisions';
import { LIMITS } from '../../protocol/limits';
import type { PolicyReplay, PolicyTexts } from '../types';

/** One policy text and schema, parsed once, and what it was asked lately. */
interface Known {
  set: PolicySet | undefined;
  flaw: string | undefined;
  decided: Map<string, Decision | string>;
}

/**
 * Makes recorded decisions again with the engine that is handed in. Texts are parsed once for each `policy` object, so
 * hand in the same one for the same texts; equal requests are decided once.
 */
export function createReplay(cedar: Cedar): PolicyReplay {
  const known = new WeakMap<PolicyTexts, Known>();
  let room: number = LIMITS.replayPolicyChars;
  const load = (policy: PolicyTexts): Known => {
    const found = known.get(policy);
    if (found) return found;
    room -= policy.cedar.length + policy.schema.length;
    const fresh: Known = { ...parse(cedar, policy, room), decided: new Map() };
    known.set(policy, fresh);
    return fresh;
  };
  return {
    judge(record, policy) {
      const { set, flaw, decided } = load(policy);
      if (!set) return flaw;
      if (set.sha256 !== record.policy_sha256) return 'the policy text that is here does not have the SHA-256 it names';
      const key = jcs(record.request);
      let answer = decided.get(key);
      if (answer === undefined) {
        if (decided.size >= LIMITS.replayKept) decided.clear();
        decided.set(key, (answer = decide(set, record)));
      }
      return typeof answer === 'string' ? answer : difference(record, answer);
    },
  };
}

function parse(cedar: Cedar, { cedar: text, schema }: PolicyTexts, room: number): Pick<Known, 'set' | 'flaw'> {
  if (room < 0) return { set: undefined, flaw: 'there is more policy text than is replayed' };
  try {
    return { set: loadPolicies(cedar, text, schema), flaw: undefined };
  } catch (error) {
    return { set: undefined, flaw: `no decision can be made under its policies: ${inWords(error)}` };
  }
}

function decide(set: PolicySet, { request }: DecisionRecord): Decision | string {
  try {
    return set.decide(request);
  } catch (error) {
    return `this cannot be decided: ${inWords(error)}`;
  }
}

/** Texts and requests are a stranger's: whatever they make the engine throw, it is they that do not hold. */
const inWords = (error: unknown): string =>
  error instanceof PolicyError ? error.message : `the policy engine failed (${String(error)})`;

/** What the record says otherwise than the policies do. */
function difference(record: DecisionRecord, made: Decision): string | undefined {
  const { decision, policies, needed, errors } = record;
  if (decision !== made.effect) return `it records ${decision}, but the policies say ${made.effect}`;
  if (!isSame(policies, made.policies))
    return `it records that ${list(policies)} decided, but ${list(made.policies)} did`;
  if (needed !== made.needed) return `it records ${needed} needed approvals, but the policies ask for ${made.needed}`;
  const failed = made.errors.map(({ id }) => id);
  if (!isSame(errors, failed)) return `it records that ${list(errors)} failed to evaluate, but ${list(failed)} did`;
  return undefined;
}

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((id, i) => id === b[i]);

const list = (ids: readonly string[]): string => (ids.length === 0 ? 'no policy' : ids.slice(0, 8).join(', '));
