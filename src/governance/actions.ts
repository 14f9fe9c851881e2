import * as v from 'valibot';
import { LIMITS } from '../protocol/limits';
import type { JsonObject } from '../protocol/json';
import { jcs, sha256Text, utf8, type Sha256 } from '../crypto';
import { deepFreeze } from './freeze';
import { GovernanceError, type ActionName, type Audience, type Intent, type Principal, type Resource } from './types';

interface ActionRule {
  /** The one executor that may perform it. */
  audience: Audience;
  resource: Resource['type'];
  /** Its arguments' names, all of them. Their values are the executor's to judge. */
  args: readonly string[];
  /** Names that may be left out. */
  optional?: readonly string[];
}

/** What an installation names. */
const INSTALL = ['skill', 'version', 'author', 'manifest_sha256', 'module_sha256', 'grants'];

/** Every governed action; docs/work-order.md has the table with the meaning of each argument. */
export const ACTIONS: Readonly<Record<ActionName, ActionRule>> = {
  run_stage: { audience: 'pipeline', resource: 'Stage', args: ['run', 'pipeline_sha256', 'stage', 'type', 'inputs'] },
  read_dataset: { audience: 'datasets', resource: 'Dataset', args: ['file', 'sha256'] },
  store_artifact: { audience: 'artifacts', resource: 'Artifact', args: ['name', 'sha256', 'bytes', 'run', 'stage'] },
  run_skill: {
    audience: 'skills',
    resource: 'Skill',
    args: ['skill', 'module_sha256', 'input_sha256', 'limits', 'grants'],
    optional: ['abi', 'entry', 'args', 'files', 'budget'],
  },
  promote: {
    audience: 'registry',
    resource: 'Pointer',
    args: ['pointer', 'run', 'stage', 'model_sha256', 'previous'],
  },
  rollback: {
    audience: 'registry',
    resource: 'Pointer',
    args: ['pointer', 'run', 'stage', 'to', 'expect_state_sha256'],
  },
  export_evidence: { audience: 'export', resource: 'Log', args: ['run', 'disclose'] },
  sign_policies: { audience: 'config', resource: 'PolicySet', args: ['policies_sha256'] },
  rotate_key: { audience: 'keys', resource: 'Key', args: ['purpose'] },
  revoke_key: { audience: 'keys', resource: 'Key', args: ['purpose', 'key', 'reason'] },
  set_trustees: { audience: 'keys', resource: 'Trustees', args: ['needed', 'trustees'] },
  recover_owner: { audience: 'keys', resource: 'Key', args: ['recovery', 'signatures'] },
  erase_openings: { audience: 'privacy', resource: 'Openings', args: ['hashes'] },
  fetch_skill: { audience: 'installs', resource: 'Site', args: ['url'] },
  install_skill: { audience: 'installs', resource: 'Skill', args: INSTALL },
  upgrade_skill: { audience: 'installs', resource: 'Skill', args: [...INSTALL, 'from', 'gained', 'lost'] },
  rollback_skill: {
    audience: 'installs',
    resource: 'Skill',
    args: ['skill', 'version', 'from', 'to', 'gained', 'lost', 'expect_state_sha256'],
  },
  pin_skill: { audience: 'installs', resource: 'Skill', args: ['skill', 'manifest_sha256'] },
  revoke_skill: { audience: 'installs', resource: 'Skill', args: ['skill', 'version', 'manifest_sha256', 'reason'] },
  trust_author: { audience: 'installs', resource: 'Author', args: ['author', 'trusted'] },
  revoke_author: { audience: 'installs', resource: 'Author', args: ['author', 'reason'] },
  fetch_content: { audience: 'content', resource: 'Content', args: ['sha256', 'max_bytes', 'peers'] },
  delegate_skill: {
    audience: 'delegation',
    resource: 'Skill',
    args: ['skill', 'module_sha256', 'input_sha256', 'member'],
  },
  ask: { audience: 'remote', resource: 'Request', args: ['request', 'params'] },
};

const name = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxBytes(LIMITS.governanceNameBytes),
  v.check((text) => text.isWellFormed(), 'holds a broken character'),
);
export const PrincipalShape = v.strictObject({ type: v.picklist(['Owner', 'Pipeline', 'Agent', 'Member']), id: name });
export const ResourceShape = v.strictObject({
  type: v.picklist([
    'Stage',
    'Skill',
    'Dataset',
    'Artifact',
    'Pointer',
    'Log',
    'PolicySet',
    'Key',
    'Trustees',
    'Openings',
    'Author',
    'Site',
    'Content',
    'Request',
  ]),
  id: name,
});
export const ActionShape = v.picklist(Object.keys(ACTIONS) as ActionName[]);
/** Cedar has strings, booleans and 64-bit integers; JSON carries integers safely to 2^53. */
export const ContextShape = v.record(name, v.union([v.string(), v.boolean(), v.pipe(v.number(), v.safeInteger())]));

const Head = v.object({
  principal: PrincipalShape,
  action: ActionShape,
  resource: ResourceShape,
  context: ContextShape,
  run: v.optional(name),
});

/** Facts that the node itself knows of an act: is this module pinned? */
export type FactSource = (act: Pick<Act, 'principal' | 'action' | 'resource' | 'args'>) => Intent['context'];

/** An intent that was checked, copied and frozen. */
export interface Act {
  readonly principal: Principal;
  readonly action: ActionName;
  readonly resource: Resource;
  readonly args: JsonObject;
  readonly context: Intent['context'];
  readonly run: string | undefined;
  readonly argumentsSha256: Sha256;
  /** What approvals sign over: {@link actionDigest}. Computed when first asked for: most acts need no approval. */
  readonly actionDigest: Sha256;
}

/**
 * Step 1 of the path: sizes, shapes, digests.
 * @param factsOf its facts win, and a caller who states otherwise is refused.
 * @throws GovernanceError `bad_arguments`
 */
export function readAct(intent: Intent, factsOf: FactSource = () => ({})): Act {
  const head = v.safeParse(Head, intent);
  if (!head.success) {
    throw bad(`${v.getDotPath(head.issues[0]) ?? 'intent'}: ${head.issues[0].message}`);
  }
  const { principal, action, resource, run } = head.output;
  const rule = ACTIONS[action];
  if (resource.type !== rule.resource) throw bad(`${action} acts on a ${rule.resource}, not on a ${resource.type}`);
  const argsText = canonical(intent.args);
  // A copy of its own, so that what the caller changes afterwards changes nothing here.
  const args = deepFreeze(JSON.parse(argsText) as JsonObject);
  checkNames(action, args, rule);
  const context = withFacts(head.output.context, factsOf({ principal, action, resource, args }));
  if (utf8(argsText).length + utf8(canonical(context)).length > LIMITS.argumentsBytes) {
    throw bad(`arguments and context are longer than ${LIMITS.argumentsBytes} bytes`);
  }
  const argumentsSha256 = sha256Text(argsText);
  let digest: Sha256 | undefined;
  return deepFreeze({
    principal,
    action,
    resource,
    args,
    context,
    run,
    argumentsSha256,
    get actionDigest() {
      return (digest ??= actionDigest(this, argumentsSha256));
    },
  });
}

/** SHA-256 of the JCS of `{v:1, principal, action, resource, arguments_sha256, context}`: the exact action. */
export function actionDigest(
  { principal, action, resource, context }: Pick<Intent, 'principal' | 'action' | 'resource' | 'context'>,
  argumentsSha256: Sha256,
): Sha256 {
  return sha256Text(jcs({ v: 1, principal, action, resource, arguments_sha256: argumentsSha256, context }));
}

function withFacts(stated: Intent['context'], facts: Intent['context']): Record<string, string | number | boolean> {
  for (const [key, value] of Object.entries(facts)) {
    if (Object.hasOwn(stated, key) && stated[key] !== value) throw bad(`context.${key} is not what the node knows`);
  }
  return { ...stated, ...facts };
}

function checkNames(action: ActionName, args: JsonObject, { args: expected, optional = [] }: ActionRule): void {
  const given = Object.keys(args);
  const unknown = given.find((key) => !expected.includes(key) && !optional.includes(key));
  if (unknown !== undefined) throw bad(`${action} takes no argument '${unknown}'`);
  const missing = expected.find((key) => !given.includes(key));
  if (missing !== undefined) throw bad(`${action} needs the argument '${missing}'`);
}

/** JCS that refuses, in this domain's words, what JSON cannot carry: NaN, Map, class instances, lone surrogates. */
export function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad('arguments must be a JSON object');
  try {
    return jcs(value);
  } catch (cause) {
    throw bad(cause instanceof Error ? cause.message : 'not JSON', cause);
  }
}

const bad = (message: string, cause?: unknown): GovernanceError =>
  new GovernanceError('bad_arguments', `The request is not well formed: ${message}`, {
    cause,
    advice: 'Correct the request; nothing was done.',
  });
