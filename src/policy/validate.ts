import { LIMITS } from '../protocol/limits';
import { utf8 } from '../crypto';
import { annotationProblems } from './annotations';
import { namedPolicies, placeOf, placeOfByte, type Cedar, type NamedPolicy } from './document';

/** A flaw with its place in the document, counted from 1. */
export interface PolicyProblem {
  message: string;
  line: number;
  column: number;
}

export interface PolicyCheck {
  /** Each of them keeps the document from being signed. */
  problems: PolicyProblem[];
  /** Worth a look, like a policy that can never apply. */
  warnings: string[];
}

type CedarError = Extract<ReturnType<Cedar['validate']>, { type: 'failure' }>['errors'][number];

export interface Inspected extends PolicyCheck {
  /** In the document's order; empty when it does not parse. */
  policies: NamedPolicy[];
}

/** Everything that is wrong with a policy document: size, syntax, names, annotations, and what the schema does not know. */
export function problemsIn(cedar: Cedar, text: string, schema: string): PolicyCheck {
  const { problems, warnings } = inspect(cedar, text, schema);
  return { problems, warnings };
}

/** {@link problemsIn}, with the policies that it had to parse. */
export function inspect(cedar: Cedar, text: string, schema: string): Inspected {
  const refused = (message: string): Inspected => ({
    problems: [{ message, line: 1, column: 1 }],
    warnings: [],
    policies: [],
  });
  if (!text.isWellFormed()) return refused('The text holds a broken character.');
  if (utf8(text).length > LIMITS.policyBytes) return refused(`Longer than ${LIMITS.policyBytes} bytes.`);
  const parsed = cedar.checkParsePolicySet({ staticPolicies: text });
  if (parsed.type === 'failure') {
    return { problems: parsed.errors.map((e) => problem(text, e)), warnings: [], policies: [] };
  }
  const policies = namedPolicies(cedar, text);
  if (policies.length > LIMITS.policyCount) return refused(`More than ${LIMITS.policyCount} policies.`);
  const named = nameProblems(text, policies);
  const answer = cedar.validate({ schema, policies: { staticPolicies: text } });
  if (answer.type === 'failure') {
    return { problems: [...named, ...answer.errors.map((e) => problem(text, e))], warnings: [], policies };
  }
  const broken = new Set(answer.validationErrors.map((e) => e.policyId));
  return {
    policies,
    problems: [...named, ...answer.validationErrors.map((e) => problem(text, e.error))].sort(byPlace),
    warnings: [
      // A policy with an error is "impossible" too; saying both helps nobody.
      ...answer.validationWarnings.filter((w) => !broken.has(w.policyId)).map((w) => warning(text, w.error)),
      ...answer.otherWarnings.map((w) => warning(text, w)),
    ],
  };
}

function nameProblems(text: string, policies: readonly NamedPolicy[]): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const seen = new Set<string>();
  for (const policy of policies) {
    const messages = annotationProblems(policy.annotations, policy.effect);
    if (policy.id !== '' && seen.has(policy.id)) messages.push(`@id("${policy.id}") is already taken`);
    seen.add(policy.id);
    for (const message of messages) problems.push({ message, ...placeOf(text, policy.at) });
  }
  return problems;
}

function problem(text: string, error: CedarError): PolicyProblem {
  const at = error.sourceLocations?.[0]?.start ?? 0;
  return { message: wording(error), ...placeOfByte(text, at) };
}

function warning(text: string, error: CedarError): string {
  const { line, message } = problem(text, error);
  return `line ${line}: ${message}`;
}

/** Cedar names policies by position ("policy3") here; the place says it better. */
function wording(error: CedarError): string {
  const message = error.message.replace(/^(failed to parse policies from string: |for policy `policy\d+`, )/, '');
  return error.help ? `${message} (${error.help})` : message;
}

const byPlace = (a: PolicyProblem, b: PolicyProblem): number => a.line - b.line || a.column - b.column;
