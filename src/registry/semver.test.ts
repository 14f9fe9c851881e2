import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareVersions, isVersion } from './semver';

describe('versions', () => {
  test('the order of the specification’s own example (§11)', () => {
    const inOrder = ['1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta', '1.0.0-beta.2', '1.0.0-beta.11'];
    inOrder.push('1.0.0-rc.1', '1.0.0', '2.0.0', '2.1.0', '2.1.1', '2.10.0', '10.0.0');
    for (const [i, a] of inOrder.entries())
      for (const [j, b] of inOrder.entries()) expect(Math.sign(compareVersions(a, b))).toBe(Math.sign(i - j));
  });

  test.each([
    '1',
    '1.2',
    '01.2.3',
    '1.2.3-01',
    '1.2.3+build',
    'v1.2.3',
    '1.2.3-',
    '1.2.3 ',
    '',
    `1.2.${'3'.repeat(64)}`,
  ])('%s is none', (text) => expect(isVersion(text)).toBe(false));

  const part = fc.oneof(fc.nat({ max: 30 }).map(String), fc.constantFrom('a', 'b', 'rc', 'a1', '-', '0a'));
  const version = fc
    .tuple(fc.array(fc.nat({ max: 3 }), { minLength: 3, maxLength: 3 }), fc.array(part, { maxLength: 3 }))
    .map(([core, pre]) => core.join('.') + (pre.length > 0 ? `-${pre.join('.')}` : ''));

  test('are totally ordered: of any three the order is one, and only equal ones are equal', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(isVersion(a)).toBe(true);
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
        expect(compareVersions(a, b) === 0).toBe(a === b);
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0)
          expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
