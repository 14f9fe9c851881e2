import { jcsBytes, sha256Hex } from '../../crypto';
import type { ActionName, Principal, Resource } from '../types';
import { namedPolicies, type Cedar } from '../../policy';

/** Exactly one principal, action and resource. */
export interface Triple {
  principal: Principal;
  action: ActionName;
  resource: Resource;
}

/**
 * 'Always': a new document that permits exactly this without asking. Takes back an earlier 'never' of the same triple,
 * because a forbid would win over it.
 */
export const withAlways = (cedar: Cedar, text: string, triple: Triple): string =>
  withRule(cedar, text, triple, 'always', 'never');

/** 'Never': a new document that forbids exactly this. Takes back an earlier 'always' of the same triple. */
export const withNever = (cedar: Cedar, text: string, triple: Triple): string =>
  withRule(cedar, text, triple, 'never', 'always');

function withRule(cedar: Cedar, text: string, triple: Triple, add: Verdict, remove: Verdict): string {
  const policies = namedPolicies(cedar, text);
  const id = ruleId(add, triple);
  const opposite = policies.find((p) => p.id === ruleId(remove, triple));
  const rest = opposite ? text.slice(0, opposite.at) + text.slice(opposite.at + opposite.text.length) : text;
  if (policies.some((p) => p.id === id)) return rest;
  return `${rest.trimEnd()}\n\n${rule(id, add, triple)}\n`;
}

type Verdict = 'always' | 'never';

function rule(id: string, verdict: Verdict, { principal, action, resource }: Triple): string {
  return `@id("${id}")
@description("Added by the owner's '${verdict}' to a request.")
${verdict === 'always' ? 'permit' : 'forbid'} (
  principal == ${entity(principal)},
  action == Action::${quoted(action)},
  resource == ${entity(resource)}
);`;
}

const ruleId = (verdict: Verdict, { principal, action, resource }: Triple): string =>
  `${verdict}-${sha256Hex(jcsBytes({ principal, action, resource })).slice(0, 16)}`;

const entity = ({ type, id }: { type: string; id: string }): string => `${type}::${quoted(id)}`;

/** A Cedar string literal. Everything but plain ASCII is escaped, so that no id can end the literal or hide. */
function quoted(text: string): string {
  let out = '';
  for (const char of text) {
    const code = char.codePointAt(0)!;
    out += code >= 0x20 && code < 0x7f && char !== '"' && char !== '\\' ? char : `\\u{${code.toString(16)}}`;
  }
  return `"${out}"`;
}
