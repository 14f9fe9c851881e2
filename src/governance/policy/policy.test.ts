import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../protocol/limits';
import type { Principal } from '../types';
import { problemsIn, type Decision, type PolicyCheck, type PolicyRequest } from '../../policy';
import { createPolicyEngine, DEFAULT_POLICIES, POLICY_SCHEMA, withAlways, withNever } from './index';

const engine = createPolicyEngine(cedar);
const defaults = engine.load(DEFAULT_POLICIES, POLICY_SCHEMA);
const decide = (text: string, request: PolicyRequest): Decision => engine.load(text, POLICY_SCHEMA).decide(request);
const check = (text: string): PolicyCheck => problemsIn(cedar, text, POLICY_SCHEMA);

const owner: Principal = { type: 'Owner', id: 'owner' };
const pipeline: Principal = { type: 'Pipeline', id: 'iron-path' };
const agent: Principal = { type: 'Agent', id: 'evaluator-1' };
const skill = (principal: Principal, context: PolicyRequest['context']): PolicyRequest => ({
  principal,
  action: 'run_skill',
  resource: { type: 'Skill', id: 'train-model' },
  context,
});
const promotion: PolicyRequest = {
  principal: pipeline,
  action: 'promote',
  resource: { type: 'Pointer', id: 'production' },
  context: {},
};

describe('the default policies', () => {
  const rows: [string, PolicyRequest, 'allow' | 'deny', number][] = [
    ['the owner runs a pinned skill', skill(owner, { pinned: true }), 'allow', 0],
    ['the owner’s unpinned one waits for approval', skill(owner, { pinned: false }), 'allow', 1],
    ['nobody runs one of which nothing is known', skill(pipeline, {}), 'deny', 0],
    ['nobody gives capabilities without a rule', skill(pipeline, { pinned: true, grants: 1 }), 'deny', 0],
    ['a pipeline runs a pinned skill', skill(pipeline, { pinned: true, grants: 0 }), 'allow', 0],
    ['an agent judges with a pinned skill', skill(agent, { pinned: true, purpose: 'evaluation' }), 'allow', 0],
    ['an agent runs nothing else', skill(agent, { pinned: true }), 'deny', 0],
    ['a promotion needs the owner', promotion, 'allow', 1],
    ['an agent promotes nothing', { ...promotion, principal: agent }, 'deny', 0],
    ['going back needs nobody', { ...promotion, action: 'rollback' }, 'allow', 0],
    [
      'the owner signs policies',
      { principal: owner, action: 'sign_policies', resource: { type: 'PolicySet', id: 'current' }, context: {} },
      'allow',
      0,
    ],
    [
      'a pipeline does not',
      { principal: pipeline, action: 'sign_policies', resource: { type: 'PolicySet', id: 'current' }, context: {} },
      'deny',
      0,
    ],
  ];
  test.each(rows)('%s', (_name, request, effect, needed) => {
    expect(defaults.decide(request)).toMatchObject({ effect, needed });
  });

  test('have no flaw and no warning', () => {
    expect(check(DEFAULT_POLICIES)).toEqual({ problems: [], warnings: [] });
  });

  test('name who decided', () => {
    expect(defaults.decide(promotion).policies).toEqual(['promotion-needs-the-owner']);
    expect(defaults.decide({ ...promotion, principal: agent }).policies).toEqual([]);
  });
});

describe('approvals', () => {
  const permit = (id: string, annotations: string): string =>
    `@id("${id}") ${annotations} permit (principal, action == Action::"promote", resource);\n`;

  test('the least demanding of the determining permits counts', () => {
    const two = permit('two', '@approval("owner") @approvals("2")');
    const one = permit('one', '@approval("owner")');
    expect(decide(two, promotion).needed).toBe(2);
    expect(decide(two + one, promotion)).toMatchObject({ needed: 1, policies: ['one', 'two'] });
    expect(decide(two + one + permit('free', ''), promotion).needed).toBe(0);
  });

  test('a forbid wins over every permit', () => {
    const text = `${permit('free', '')}@id("no") forbid (principal, action, resource);`;
    expect(decide(text, promotion)).toEqual({ effect: 'deny', policies: ['no'], needed: 0, errors: [] });
  });

  test('a policy that fails to evaluate denies: a skipped forbid would allow', () => {
    const text = `${permit('free', '')}@id("sum") forbid (principal, action, resource)
      when { context has bytes && context.bytes + 9223372036854775807 > 0 };`;
    const answer = decide(text, { ...promotion, context: { bytes: 1 } });
    expect(answer).toMatchObject({ effect: 'deny', needed: 0 });
    expect(answer.errors).toMatchObject([{ id: 'sum', message: expect.stringContaining('overflow') }]);
    expect(decide(text, promotion).effect).toBe('allow');
  });
});

describe('a flawed document', () => {
  const rule = 'permit (principal, action, resource);';
  const flaws: [string, string, { line: number; column: number; message: RegExp }][] = [
    ['no name', `\n  ${rule}`, { line: 2, column: 3, message: /@id/ }],
    ['one name twice', `@id("a") ${rule}\n@id("a") ${rule}`, { line: 2, column: 1, message: /taken/ }],
    ['a strange name', `@id("a b") ${rule}`, { line: 1, column: 1, message: /letters/ }],
    ['a misspelt approval', `@id("a") @aproval("owner") ${rule}`, { line: 1, column: 1, message: /@aproval/ }],
    ['an unknown approver', `@id("a") @approval("bob") ${rule}`, { line: 1, column: 1, message: /bob/ }],
    ['0 approvals', `@id("a") @approval("owner") @approvals("0") ${rule}`, { line: 1, column: 1, message: /whole/ }],
    [
      'half approvals',
      `@id("a") @approval("owner") @approvals("1.5") ${rule}`,
      { line: 1, column: 1, message: /whole/ },
    ],
    ['approvals without who', `@id("a") @approvals("2") ${rule}`, { line: 1, column: 1, message: /needs @approval/ }],
    [
      'a forbid that asks',
      '@id("a") @approval("owner") forbid (principal, action, resource);',
      { line: 1, column: 1, message: /forbid/ },
    ],
    [
      'a syntax error behind ü',
      `// größe\n@id("a")\npermit (principal, action, resource) whn { true };`,
      { line: 3, column: 38, message: /unexpected|invalid/ },
    ],
    [
      'an unknown type',
      `// ü\n@id("a") permit (principal is Robot, action, resource);`,
      { line: 2, column: 31, message: /Robot/ },
    ],
    [
      'an unknown action',
      `@id("a") permit (principal, action == Action::"fly", resource);`,
      { line: 1, column: 39, message: /fly/ },
    ],
    [
      'an unknown fact',
      `@id("a") ${rule.slice(0, -1)} when { context.pined };`,
      { line: 1, column: 54, message: /pined/ },
    ],
    ['a template', 'permit (principal == ?principal, action, resource);', { line: 1, column: 1, message: /template/ }],
    ['too long', ' '.repeat(LIMITS.policyBytes + 1), { line: 1, column: 1, message: /Longer/ }],
    ['a broken character', '// \ud800', { line: 1, column: 1, message: /broken/ }],
  ];
  test.each(flaws)('%s is shown at its place, and refused', (_name, text, { line, column, message }) => {
    const [problem] = check(text).problems;
    expect(problem!.message).toMatch(message);
    expect([problem!.line, problem!.column]).toEqual([line, column]);
    expect(() => engine.load(text, POLICY_SCHEMA)).toThrow(expect.objectContaining({ code: 'bad_policy' }));
  });

  test('a policy that can never apply is a warning, not an error', () => {
    const { problems, warnings } = check('@id("a")\npermit (principal is Agent, action, resource) when { false };');
    expect(problems).toEqual([]);
    expect(warnings).toMatchObject([expect.stringMatching(/^line 1: .*impossible/)]);
  });

  test('of random text never throws anything but bad_policy, and is never loaded when it has problems', () => {
    const word = fc.constantFrom(
      'permit',
      'forbid',
      '(',
      ')',
      ';',
      'principal',
      ',',
      'action',
      'resource',
      '@id("a")',
      'ü',
      '\n',
      '"',
      'when {',
      '}',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string()), { maxLength: 12 }), (words) => {
        const text = words.join(' ');
        const { problems } = check(text);
        for (const p of problems) expect(p.line >= 1 && p.column >= 1).toBe(true);
        if (problems.length > 0) expect(() => engine.load(text, POLICY_SCHEMA)).toThrow();
      }),
    );
  });
});

describe('editing', () => {
  const triple = { principal: pipeline, action: 'promote', resource: { type: 'Pointer', id: 'production' } } as const;

  test('always permits exactly this triple without asking', () => {
    const text = withAlways(cedar, DEFAULT_POLICIES, triple);
    expect(decide(text, promotion).needed).toBe(0);
    expect(decide(text, { ...promotion, resource: { type: 'Pointer', id: 'staging' } }).needed).toBe(1);
    expect(decide(text, { ...promotion, principal: { type: 'Pipeline', id: 'other' } }).needed).toBe(1);
    expect(withAlways(cedar, text, triple).trim()).toBe(text.trim());
  });

  test('never forbids exactly this triple', () => {
    const text = withNever(cedar, DEFAULT_POLICIES, triple);
    expect(decide(text, promotion).effect).toBe('deny');
    expect(decide(text, { ...promotion, principal: owner }).effect).toBe('allow');
  });

  test('the last word counts: never after always, always after never', () => {
    const never = withNever(cedar, withAlways(cedar, DEFAULT_POLICIES, triple), triple);
    expect(decide(never, promotion).effect).toBe('deny');
    expect(decide(withAlways(cedar, never, triple), promotion)).toMatchObject({ effect: 'allow', needed: 0 });
  });

  test('no name can break out of its literal', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', minLength: 1 }),
          fc.constantFrom('" ); permit(principal,action,resource); //', '\\', '\u202e'),
        ),
        (id) => {
          fc.pre(id.isWellFormed());
          const text = withNever(cedar, DEFAULT_POLICIES, { ...triple, resource: { type: 'Pointer', id } });
          expect(check(text).problems).toEqual([]);
          expect(decide(text, { ...promotion, resource: { type: 'Pointer', id } }).effect).toBe('deny');
          expect(decide(text, promotion).effect).toBe(id === 'production' ? 'deny' : 'allow');
        },
      ),
      { numRuns: 25 },
    );
  });
});
