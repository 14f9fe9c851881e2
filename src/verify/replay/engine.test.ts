import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jcs, sha256Text } from '../../crypto';
import { DEFAULT_POLICIES, POLICY_SCHEMA, type Intent } from '../../governance';
import { code, openTestNode, RUNNER } from '../../governance/testkit';
import { loadPolicies, type PolicyRequest } from '../../policy';
import { decisionsOf, type DecisionRecord } from '../../protocol/decisions';
import { LIMITS } from '../../protocol/limits';
import { createReplay } from '.';

/** One policy of a random document: what it matches, when, and what it asks for. */
const rule = fc.record({
  effect: fc.constantFrom('permit', 'forbid'),
  principal: fc.constantFrom('principal', 'principal is Pipeline', 'principal == Pipeline::"iron-path"'),
  action: fc.constantFrom('action', 'action == Action::"read_dataset"', 'action == Action::"promote"'),
  when: fc.constantFrom(
    '',
    'when { context has rows && context.rows > 10 }',
    'when { context has accepted && context.accepted }',
    'when { context has stage && context.stage like "a*" }',
    // Fails to evaluate for large numbers.
    'when { context has bytes && context.bytes + 9223372036854775800 > 0 }',
    'unless { context has purpose }',
  ),
  approvals: fc.constantFrom(0, 0, 1, 2),
});
type Rule = typeof rule extends fc.Arbitrary<infer T> ? T : never;

const source = ({ effect, principal, action, when, approvals }: Rule, i: number): string => {
  const ask = approvals > 0 && effect === 'permit' ? `@approval("owner") @approvals("${approvals}")` : '';
  return `@id("p${i}") ${ask}\n${effect} (${principal}, ${action}, resource) ${when};\n`;
};
const documents = fc.array(rule, { minLength: 1, maxLength: 8 }).map((rules) => rules.map(source).join(''));

const contexts = fc.record(
  {
    rows: fc.integer({ min: 0, max: 20 }),
    bytes: fc.integer({ min: 0, max: 20 }),
    accepted: fc.boolean(),
    stage: fc.constantFrom('a1', 'b', 'größe "x"\n'),
    purpose: fc.string(),
  },
  { requiredKeys: [] },
);
const requests: fc.Arbitrary<PolicyRequest> = fc
  .record({
    principal: fc.constantFrom('Owner', 'Pipeline', 'Agent'),
    id: fc.constantFrom('iron-path', 'other', 'x"y\\'),
    target: fc.constantFrom(
      { action: 'read_dataset', type: 'Dataset' },
      { action: 'promote', type: 'Pointer' },
      { action: 'rollback', type: 'Pointer' },
    ),
    context: contexts,
  })
  .filter(({ context }) => (context.purpose ?? '').isWellFormed())
  .map(({ principal, id, target, context }) => ({
    principal: { type: principal, id },
    action: target.action,
    resource: { type: target.type, id: 'production' },
    context,
  }));

const record = (text: string, request: PolicyRequest): DecisionRecord => {
  const { effect, policies, needed, errors } = loadPolicies(cedar, text, POLICY_SCHEMA).decide(request);
  const line = { seq: 1, request, policy_sha256: sha256Text(text), decision: effect, policies, needed };
  return JSON.parse(jcs({ ...line, errors: errors.map((e) => e.id) })) as DecisionRecord;
};

describe('random policies and requests', () => {
  test('what was recorded is what is replayed, however often; any other answer is not', () => {
    const replay = createReplay(cedar);
    fc.assert(
      fc.property(documents, fc.array(requests, { minLength: 1, maxLength: 4 }), (text, asked) => {
        const texts = { cedar: text, schema: POLICY_SCHEMA };
        for (const request of asked) {
          const made = record(text, request);
          for (let i = 0; i < 2; i++) expect(replay.judge(made, texts)).toBeUndefined();
          const lies: Partial<DecisionRecord>[] = [
            { decision: made.decision === 'allow' ? 'deny' : 'allow' },
            { policies: [...made.policies, 'p9'] },
            { needed: made.needed + 1 },
            { errors: [...made.errors, 'p9'] },
            { policy_sha256: sha256Text('another') },
          ];
          for (const lie of lies) expect(replay.judge({ ...made, ...lie }, texts)).toBeTypeOf('string');
        }
      }),
      { numRuns: 60 },
    );
  });

  test('the generator reaches what matters', () => {
    const seen = new Set<string>();
    for (const [text, asked] of fc.sample(fc.tuple(documents, requests), { seed: 20_261_121, numRuns: 400 })) {
      const made = record(text, asked);
      seen.add(`${made.decision} ${made.needed} ${made.errors.length > 0}`);
    }
    for (const kind of ['allow 0 false', 'allow 1 false', 'deny 0 false', 'deny 0 true']) expect(seen).toContain(kind);
  });

  test('recorded by a real kernel in a real log', async () => {
    await fc.assert(
      fc.asyncProperty(documents, fc.array(contexts, { minLength: 1, maxLength: 4 }), async (text, asked) => {
        const node = await openTestNode({ cedar });
        const policies = `${text}@id("keys") permit (principal is Owner, action == Action::"sign_policies", resource);`;
        // Random rules may lock the owner out: then nothing changes, and the default policies decide.
        await code(node.governance.setPolicies(policies));
        for (const context of asked) {
          const stop = new AbortController();
          const intent: Intent = {
            principal: RUNNER,
            action: 'read_dataset',
            resource: { type: 'Dataset', id: 'iris.csv' },
            args: { file: 'iris.csv', sha256: sha256Text('iris.csv') },
            context: context,
            roleSignature: node.role,
          };
          await code(node.governance.execute(intent, { signal: stop.signal, onPending: () => stop.abort() }));
        }
        const replay = createReplay(cedar);
        let texts = { cedar: DEFAULT_POLICIES, schema: POLICY_SCHEMA };
        let decided = 0;
        for (const entry of node.disk.entries()) {
          if (entry.type === 'CONFIG_SNAPSHOT' && entry.seq > 1)
            texts = { cedar: node.governance.currentPolicy().cedar, schema: POLICY_SCHEMA };
          const made = decisionsOf(entry);
          if (made) decided += 1;
          if (made) expect(replay.judge(made, texts)).toBeUndefined();
        }
        expect(decided).toBeGreaterThan(1);
      }),
      { numRuns: 12 },
    );
  });
});

describe('texts of a stranger', () => {
  const request: PolicyRequest = {
    principal: { type: 'Pipeline', id: 'iron-path' },
    action: 'read_dataset',
    resource: { type: 'Dataset', id: 'iris.csv' },
    context: {},
  };
  const made = record(DEFAULT_POLICIES, request);
  const judge = (text: string, schema = POLICY_SCHEMA, more: Partial<DecisionRecord> = {}): string | undefined =>
    createReplay(cedar).judge({ ...made, policy_sha256: sha256Text(text), ...more }, { cedar: text, schema });

  const deep = (n: number): string =>
    `@id("a") permit (principal, action, resource) when { ${'('.repeat(n)}true${')'.repeat(n)} };`;
  test.each([
    ['no policy', 'nonsense', /no decision can be made/],
    ['a policy without a name', 'permit (principal, action, resource);', /@id/],
    ['too long', `// ${'x'.repeat(LIMITS.policyBytes)}`, /Longer/],
    ['nested past all reason', deep(100_000), /no decision can be made/],
    ['a misspelt approval', '@id("a") @aproval("owner") permit (principal, action, resource);', /@aproval/],
  ])('%s', (_name, text, flaw) => {
    expect(judge(text)).toMatch(flaw);
    // The engine is as good as before.
    expect(judge(DEFAULT_POLICIES)).toBeUndefined();
  });

  test('a schema that is none', () => expect(judge(DEFAULT_POLICIES, 'entity')).toMatch(/no decision can be made/));

  test.each<[string, object]>([
    ['another type', { principal: { type: 'Root', id: 'x' } }],
    ['a type that is no name', { principal: { type: '") || true //', id: 'x' } }],
    ['an unknown action', { action: 'fly' }],
    ['a fact nobody knows', { context: { pined: true } }],
    ['a fraction', { context: { rows: 1.5 } }],
    ['a number past 2^63', { context: { rows: 1e300 } }],
    ['a deep fact', { context: { rows: JSON.parse(`${'['.repeat(60)}${']'.repeat(60)}`) as unknown } }],
    ['an entity in disguise', { context: { stage: { __entity: { type: 'Owner', id: 'owner' } } } }],
    ['a prototype', { context: JSON.parse('{"__proto__":{"rows":1}}') as unknown }],
  ])('a request with %s', (_name, part) => {
    expect(judge(DEFAULT_POLICIES, POLICY_SCHEMA, { request: { ...request, ...part } })).toMatch(/cannot be decided/);
  });

  test('more policy text than is replayed', () => {
    const replay = createReplay(cedar);
    const filler = `${DEFAULT_POLICIES}//${'x'.repeat(LIMITS.policyBytes - DEFAULT_POLICIES.length - 2)}`;
    const texts = Math.ceil(LIMITS.replayPolicyChars / filler.length);
    let last: string | undefined;
    for (let i = 0; i <= texts; i++) {
      const text = filler.slice(0, -String(i).length) + String(i);
      last = replay.judge({ ...made, policy_sha256: sha256Text(text) }, { cedar: text, schema: POLICY_SCHEMA });
      if (last !== undefined) break;
    }
    expect(last).toMatch(/more policy text/);
  });
});
