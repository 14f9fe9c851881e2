import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { publicKeyOf, hex, sha256, sha256Text, utf8 } from '../crypto';
import { LIMITS } from '../protocol/limits';
import { compareVersions, EMPTY_REGISTRY, registryDigest, revocationOf, step } from './index';
import { readChange, type RegistryChange, type RegistryState } from './state';
import { codeOf } from './testkit';

const key = (name: string): string => hex(publicKeyOf(sha256(utf8(name))));
const ADA = key('Ada');
const EVE = key('Eve');
const manifestOf = (skill: string, version: string, more = ''): string => sha256Text(`${skill} ${version} ${more}`);

type Install = Extract<RegistryChange, { type: 'SKILL_INSTALLED' }>;
const install = (version: string, over: Partial<Install> = {}): Install => ({
  type: 'SKILL_INSTALLED',
  skill: 'weather',
  author: ADA,
  version,
  manifest_sha256: manifestOf('weather', version),
  module_sha256: sha256Text(version),
  grants: [],
  from: null,
  ...over,
});
const upgrade = (from: string, to: string, over: Partial<Install> = {}): Install =>
  install(to, { from: manifestOf('weather', from), ...over });
const after = (...changes: RegistryChange[]): RegistryState => changes.reduce(step, EMPTY_REGISTRY);
const refusal = (state: RegistryState, change: RegistryChange): string | undefined => codeOf(() => step(state, change));
const back = (from: string, to: string): RegistryChange => ({
  type: 'SKILL_ROLLED_BACK',
  skill: 'weather',
  from: manifestOf('weather', from),
  to: manifestOf('weather', to),
});
const revoke = (version: string): RegistryChange => ({
  type: 'SKILL_REVOKED',
  skill: 'weather',
  manifest_sha256: manifestOf('weather', version),
  reason: 'It leaks.',
});
const revokeAuthor: RegistryChange = { type: 'AUTHOR_REVOKED', author: ADA, reason: 'His key was stolen.' };

describe('the registry', () => {
  test('an upgrade keeps the old, and a rollback brings back the very state that was', () => {
    const one = after(install('1.0.0', { grants: ['log'] }));
    const two = step(one, upgrade('1.0.0', '2.0.0', { grants: ['clock', 'log'] }));
    expect(registryDigest(two)).not.toBe(registryDigest(one));
    expect(two.skills.get('weather')!.versions.size).toBe(2);
    const restored = step(two, back('2.0.0', '1.0.0'));
    expect(registryDigest(restored)).toBe(registryDigest(one));
    expect(restored.skills.get('weather')!.versions.size).toBe(2);
  });

  test('the same bytes with other grants are another state', () => {
    const states = [[], ['log']].map((grants) => registryDigest(after(install('1.0.0', { grants }))));
    expect(new Set(states).size).toBe(2);
  });

  test('a pinned skill stays as it is until it is unpinned', () => {
    const pin = (manifest_sha256: string | null): RegistryChange => ({
      type: 'SKILL_PINNED',
      skill: 'weather',
      manifest_sha256,
    });
    const two = after(install('1.0.0'), upgrade('1.0.0', '2.0.0'), pin(manifestOf('weather', '2.0.0')));
    expect(refusal(two, upgrade('2.0.0', '3.0.0'))).toBe('pinned');
    expect(refusal(two, back('2.0.0', '1.0.0'))).toBe('pinned');
    expect(refusal(two, pin(manifestOf('weather', '1.0.0')))).toBe('moved');
    expect(refusal(step(two, pin(null)), upgrade('2.0.0', '3.0.0'))).toBeUndefined();
  });

  test('trust is per author key, and can be taken back', () => {
    const trusted = after({ type: 'AUTHOR_TRUSTED', author: ADA, trusted: true });
    expect(trusted.authors.get(ADA)).toEqual({ trusted: true, revoked: null });
    expect(trusted.authors.get(EVE)).toBeUndefined();
    const not = step(trusted, { type: 'AUTHOR_TRUSTED', author: ADA, trusted: false });
    expect(not.authors.get(ADA)!.trusted).toBe(false);
  });
});

describe('attacks on the registry', () => {
  const one = after(install('1.0.0'));

  test('the same version with other bytes', () => {
    const other = manifestOf('weather', '1.0.0', 'other');
    expect(refusal(one, upgrade('1.0.0', '1.0.0', { manifest_sha256: other }))).toBe('version_taken');
    const two = step(one, upgrade('1.0.0', '2.0.0'));
    expect(refusal(two, upgrade('2.0.0', '1.0.0', { manifest_sha256: other }))).toBe('version_taken');
  });

  test('the very same again', () => expect(refusal(one, upgrade('1.0.0', '1.0.0'))).toBe('already_installed'));

  test.each(['0.9.9', '1.0.0-rc.1'])('a downgrade to %s', (version) => {
    expect(refusal(one, upgrade('1.0.0', version))).toBe('not_newer');
  });

  test('name squatting: another author’s skill of the same name', () => {
    expect(refusal(one, upgrade('1.0.0', '2.0.0', { author: EVE }))).toBe('name_taken');
    expect(refusal(one, install('2.0.0', { author: EVE }))).toBe('name_taken');
    // Nor when its author was revoked: who comes next would inherit his users.
    expect(refusal(step(one, revokeAuthor), upgrade('1.0.0', '2.0.0', { author: EVE }))).toBe('name_taken');
  });

  test('an upgrade that was approved for another state', () => {
    const two = step(one, upgrade('1.0.0', '2.0.0'));
    expect(refusal(two, upgrade('1.0.0', '3.0.0'))).toBe('moved');
    expect(refusal(two, back('1.0.0', '2.0.0'))).toBe('moved');
    expect(refusal(EMPTY_REGISTRY, upgrade('1.0.0', '2.0.0'))).toBe('moved');
  });

  test('a revoked version: neither run, nor installed, nor rolled back to', () => {
    const two = step(step(one, upgrade('1.0.0', '2.0.0')), revoke('1.0.0'));
    expect(revocationOf(two, ADA, manifestOf('weather', '1.0.0'))).toEqual({ what: 'version', reason: 'It leaks.' });
    expect(revocationOf(two, ADA, manifestOf('weather', '2.0.0'))).toBeUndefined();
    expect(refusal(two, back('2.0.0', '1.0.0'))).toBe('revoked');
    expect(refusal(two, revoke('1.0.0'))).toBe('revoked');
    // The way out: forward.
    expect(refusal(step(one, revoke('1.0.0')), upgrade('1.0.0', '1.0.1'))).toBeUndefined();
  });

  test('a revoked author: everything of his, for ever', () => {
    const gone = step(one, revokeAuthor);
    expect(revocationOf(gone, ADA, manifestOf('weather', '1.0.0'))!.what).toBe('author');
    expect(refusal(gone, upgrade('1.0.0', '2.0.0'))).toBe('author_revoked');
    expect(refusal(gone, install('1.0.0', { skill: 'other' }))).toBe('author_revoked');
    expect(refusal(gone, { type: 'AUTHOR_TRUSTED', author: ADA, trusted: true })).toBe('author_revoked');
    expect(refusal(gone, revokeAuthor)).toBe('author_revoked');
  });

  test('too many names and versions', () => {
    let state = EMPTY_REGISTRY;
    for (let i = 0; i < LIMITS.registrySkills; i++) state = step(state, install('1.0.0', { skill: `s${i}` }));
    expect(refusal(state, install('1.0.0', { skill: 'one-more' }))).toBe('registry_full');
    let many = one;
    for (let i = 1; i < LIMITS.registryVersions; i++) many = step(many, upgrade(`1.0.${i - 1}`, `1.0.${i}`));
    const last = LIMITS.registryVersions - 1;
    expect(refusal(many, upgrade(`1.0.${last}`, '2.0.0'))).toBe('registry_full');
  });

  test('an entry that is not of its form is none', () => {
    const { type, ...data } = install('1.0.0', { grants: ['log', 'clock'] });
    expect(readChange(type, data)).toBeUndefined();
    expect(readChange(type, { ...data, grants: ['clock', 'log'] })).toBeDefined();
    expect(readChange(type, { ...data, grants: ['everything'] })).toBeUndefined();
    expect(readChange(type, { ...data, version: '1' })).toBeUndefined();
  });
});

/** Changes of any kind, sensible or not, over few names, authors and versions, so that they meet. */
const version = fc.constantFrom('1.0.0', '1.1.0', '2.0.0');
const skill = fc.constantFrom('weather', 'news');
const who = fc.constantFrom(ADA, EVE);
const manifest = fc.tuple(skill, version, who).map(([s, v, w]) => manifestOf(s, v, w));
const anyChange: fc.Arbitrary<RegistryChange> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({ s: skill, a: who, v: version, from: fc.option(manifest) })
      .map(({ s, a, v, from }) => install(v, { skill: s, author: a, from, manifest_sha256: manifestOf(s, v, a) })),
  },
  fc.record({ type: fc.constant('SKILL_ROLLED_BACK' as const), skill, from: manifest, to: manifest }),
  fc.record({
    type: fc.constant('SKILL_REVOKED' as const),
    skill,
    manifest_sha256: manifest,
    reason: fc.constant('x'),
  }),
  fc.record({ type: fc.constant('SKILL_PINNED' as const), skill, manifest_sha256: fc.option(manifest) }),
  fc.record({ type: fc.constant('AUTHOR_REVOKED' as const), author: who, reason: fc.constant('x') }),
  fc.record({ type: fc.constant('AUTHOR_TRUSTED' as const), author: who, trusted: fc.boolean() }),
);
/** As a node would ask: from where it stands, so that sequences get somewhere. */
const aimed = (state: RegistryState, change: RegistryChange): RegistryChange => {
  if (!('skill' in change) || !('from' in change)) return change;
  return { ...change, from: state.skills.get(change.skill)?.current ?? change.from } as RegistryChange;
};

describe('after any sequence of changes', () => {
  test('what holds of the registry holds, and a refused change changed nothing', () => {
    fc.assert(
      fc.property(fc.array(anyChange, { maxLength: 40 }), (changes) => {
        let state = EMPTY_REGISTRY;
        const authors = new Map<string, string>();
        for (const raw of changes) {
          const before = registryDigest(state);
          const change = aimed(state, raw);
          let next: RegistryState;
          try {
            next = step(state, change);
          } catch {
            expect(registryDigest(state)).toBe(before);
            continue;
          }
          // A revocation is for ever.
          for (const [m, reason] of state.revoked) expect(next.revoked.get(m)).toBe(reason);
          for (const [a, { revoked }] of state.authors)
            if (revoked !== null) expect(next.authors.get(a)!.revoked).toBe(revoked);
          for (const [name, { author, current, versions }] of next.skills) {
            expect(versions.has(current)).toBe(true);
            expect(authors.get(name) ?? author).toBe(author);
            authors.set(name, author);
            expect(new Set([...versions.values()].map((v) => v.version)).size).toBe(versions.size);
            const was = state.skills.get(name);
            // What newly came in use was not revoked, and going back is a rollback.
            if (was?.current === current) continue;
            expect(revocationOf(next, author, current)).toBeUndefined();
            if (was && change.type === 'SKILL_INSTALLED')
              expect(
                compareVersions(versions.get(current)!.version, was.versions.get(was.current)!.version),
              ).toBeGreaterThan(0);
          }
          state = next;
        }
      }),
      { numRuns: 300 },
    );
  });
});
