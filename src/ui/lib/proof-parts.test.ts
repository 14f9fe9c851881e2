import { describe, expect, test } from 'vitest';
import vectors from '../../../docs/vectors/entry-proof.json';
import bundle from '../../../docs/vectors/seed/compliance_bundle.json?raw';
import log from '../../../docs/vectors/seed/immutable_audit.jsonl?raw';
import { missingPart, proofPart, withPart } from './proof-parts';

const file = (name: string): File => new File(['x'], name);

describe('the parts of a proof', () => {
  test('are told by how they begin, and from what is none', async () => {
    for (const { entry, proof } of vectors.proofs) {
      expect(await proofPart(new Blob([proof]))).toBe('proof');
      expect(await proofPart(new Blob([entry]))).toBe('entry');
    }
    for (const text of [bundle, log, '', 'PK\u0003\u0004', '{}'])
      expect(await proofPart(new Blob([text]))).toBeUndefined();
  });

  test.each([
    ['proof', 'entry'],
    ['entry', 'proof'],
  ] as const)('%s first, then %s', (first, second) => {
    const half = withPart({}, first, file('a'));
    expect(missingPart(half)).toBe(second);
    const whole = withPart(half, second, file('b'));
    expect(missingPart(whole)).toBeUndefined();
    expect([whole[first]?.name, whole[second]?.name]).toEqual(['a', 'b']);
  });

  test('after a pair: another proof asks for its entry, another entry is held to the same proof', () => {
    const whole = { proof: file('1'), entry: file('1') };
    expect(missingPart(withPart(whole, 'proof', file('2')))).toBe('entry');
    expect(withPart(whole, 'entry', file('2'))).toMatchObject({ proof: whole.proof, entry: { name: '2' } });
    expect(missingPart({})).toBeUndefined();
  });
});
