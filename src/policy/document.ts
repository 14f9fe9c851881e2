import { utf8 } from '../crypto';
import { PolicyError } from './types';
import type { Annotations } from './annotations';

/** The parts of `@cedar-policy/cedar-wasm` that are used; the realm loads it (Node: `/nodejs`; browser: `/web`). */
export type Cedar = Pick<
  typeof import('@cedar-policy/cedar-wasm/nodejs'),
  | 'checkParsePolicySet'
  | 'policySetTextToParts'
  | 'policyToJson'
  | 'preparsePolicySet'
  | 'preparseSchema'
  | 'statefulIsAuthorized'
  | 'validate'
>;

export interface NamedPolicy {
  /** `@id`, or empty when it has none. */
  id: string;
  effect: 'permit' | 'forbid';
  annotations: Annotations;
  /** The policy's own source, verbatim. */
  text: string;
  /** Where `text` starts, in UTF-16 units. */
  at: number;
}

/**
 * The policies of a document that parses, in its order.
 * @throws PolicyError `bad_policy` when it does not.
 */
export function namedPolicies(cedar: Cedar, text: string): NamedPolicy[] {
  const parts = cedar.policySetTextToParts(text);
  if (parts.type === 'failure') throw new PolicyError('bad_policy', parts.errors[0]?.message ?? 'no parse');
  const policies: NamedPolicy[] = [];
  const next = new Map<string, number>();
  for (const part of parts.policies) {
    const json = cedar.policyToJson(part);
    if (json.type === 'failure') throw new PolicyError('bad_policy', json.errors[0]?.message ?? 'no parse');
    // Two policies may have the same source: look for the second one behind the first.
    const at = text.indexOf(part, next.get(part) ?? 0);
    next.set(part, at + 1);
    const annotations = json.json.annotations ?? {};
    policies.push({ id: annotations['id'] ?? '', effect: json.json.effect, annotations, text: part, at });
  }
  return policies.sort((a, b) => a.at - b.at);
}

/** Cedar counts bytes of UTF-8; people count lines and columns, both from 1. */
export function placeOfByte(text: string, byte: number): { line: number; column: number } {
  const before = new TextDecoder().decode(utf8(text).subarray(0, byte));
  return placeOf(before, before.length);
}

export function placeOf(text: string, at: number): { line: number; column: number } {
  const lines = text.slice(0, at).split('\n');
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 };
}
