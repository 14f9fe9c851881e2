/** docs/vectors/decisions.json, as any other implementation would run it. */
import { readFileSync } from 'node:fs';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { describe, expect, test } from 'vitest';
import { jcs } from '../crypto';
import { decisionsOf } from '../protocol/decisions';
import { loadPolicies, type PolicyRequest } from '.';

interface Vectors {
  policies: string;
  policies_sha256: string;
  schema: string;
  schema_sha256: string;
  decisions: ({ name: string; request: PolicyRequest } & (
    { refused: true } | { refused?: undefined; decision: string; policies: string[]; needed: number; errors: string[] }
  ))[];
  entries: { entry: Parameters<typeof decisionsOf>[0]; line: string | null }[];
}

const file = new URL('../../docs/vectors/decisions.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors;

describe('a decision', () => {
  const set = loadPolicies(cedar, vectors.policies, vectors.schema);

  test('is made by the texts of these digests', () => {
    expect([set.sha256, set.schemaSha256]).toEqual([vectors.policies_sha256, vectors.schema_sha256]);
  });

  test.each(vectors.decisions)('$name', ({ request, ...expected }) => {
    if (expected.refused) return void expect(() => set.decide(request)).toThrow(/does not know this request/);
    const { effect, policies, needed, errors } = set.decide(request);
    const { decision, policies: determining, needed: asked, errors: failed } = expected;
    expect([effect, policies, needed, errors.map((e) => e.id)]).toEqual([decision, determining, asked, failed]);
  });
});

test.each(vectors.entries)('entry $entry.seq gives its line, or none', ({ entry, line }) => {
  const decision = decisionsOf(entry);
  expect(decision ? jcs(decision) : null).toBe(line);
});
