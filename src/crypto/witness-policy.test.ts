import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import {
  WitnessPolicyError,
  cosignerKey,
  formatCosignerVkey,
  formatVkey,
  formatWitnessPolicy,
  noteKey,
  parseWitnessPolicy,
  publicKeyOf,
  thresholdPolicy,
} from './index';

const publicKey = (n: number) => publicKeyOf(new Uint8Array(32).fill(n + 1));
const witnessKey = (n: number) => cosignerKey(`witness.example/${n}`, publicKey(n));
const vkey = (n: number) => formatCosignerVkey(witnessKey(n));
const LOG = formatVkey(noteKey('log.example/a', publicKey(50)));
const witnesses = (count: number) => Array.from({ length: count }, (_, n) => `witness W${n} ${vkey(n)}\n`).join('');

/** The shape of the example in c2sp.org/tlog-policy. */
const EXAMPLE = `# Two operators
log ${LOG} https://log.example/

${witnesses(6)}
group X-witnesses 2 W0 W1 W2
  group\tY-witnesses any W3 W4 W5
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`;

describe('witness policy', () => {
  test.each([
    [['W0', 'W1', 'W3'], true],
    [['W0', 'W1', 'W2', 'W3', 'W4', 'W5'], true],
    [['W0', 'W3', 'W4', 'W5'], false],
    [['W0', 'W1', 'W2'], false],
    [[], false],
    [['X-and-Y'], false],
    [['none', 'X-witnesses', 'Y-witnesses'], false],
  ])('the example, witnessed by %j', (names, enough) => {
    const policy = parseWitnessPolicy(EXAMPLE);
    expect(policy.logs.map((key) => key.name)).toEqual(['log.example/a']);
    expect(policy.satisfied(new Set(names))).toBe(enough);
  });

  test('quorum none asks for no witness, one witness can be the quorum', () => {
    expect(parseWitnessPolicy('quorum none\n').satisfied(new Set())).toBe(true);
    const one = parseWitnessPolicy(`witness W0 ${vkey(0)} https://w.example/\nquorum W0\n`);
    expect(one.urls.get('W0')).toBe('https://w.example/');
    expect([one.satisfied(new Set()), one.satisfied(new Set(['W0']))]).toEqual([false, true]);
  });

  test('parse(format(x)) is x', () => {
    const policy = parseWitnessPolicy(EXAMPLE);
    const again = parseWitnessPolicy(formatWitnessPolicy(policy));
    const functions = { satisfied: expect.any(Function) as unknown };
    expect(again).toEqual({ ...policy, ...functions });
  });

  test('a threshold is met by that many, whichever they are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.nat(8), fc.infiniteStream(fc.boolean()), (count, k, coin) => {
        const threshold = Math.min(k, count);
        const keys = new Map(Array.from({ length: count }, (_, n) => [`W${n}`, witnessKey(n)]));
        const read = parseWitnessPolicy(formatWitnessPolicy(thresholdPolicy([], keys, threshold)));
        const names = new Set([...keys.keys()].filter(() => coin.next().value as boolean));
        expect(read.satisfied(names)).toBe(names.size >= threshold);
      }),
    );
  });

  test.each([
    ['no quorum', `witness W0 ${vkey(0)}\n`, 1],
    ['two quorums', 'quorum none\nquorum none\n', 2],
    ['an unknown quorum', 'quorum W0\n', 1],
    ['no LF at the end', 'quorum none', 1],
    ['an unknown keyword', 'quorums none\n', 1],
    ['a carriage return', 'quorum none\r\n', 1],
    ["a log's key as witness", `witness W0 ${LOG}\nquorum none\n`, 1],
    ["a witness's key as log", `log ${vkey(0)}\nquorum none\n`, 1],
    ['one log twice', `log ${LOG}\nlog ${LOG}\nquorum none\n`, 2],
    [
      'one key under two names',
      `witness A ${vkey(0)}\nwitness B ${formatCosignerVkey(cosignerKey('other', publicKey(0)))}\nquorum none\n`,
      2,
    ],
    ['one name twice', `witness A ${vkey(0)}\nwitness A ${vkey(1)}\nquorum none\n`, 2],
    ['a witness named none', `witness none ${vkey(0)}\nquorum none\n`, 1],
    ['none in a group', `${witnesses(1)}group G any W0 none\nquorum G\n`, 2],
    ['a group before its members', `group G any W0\n${witnesses(1)}quorum G\n`, 1],
    ['a group in itself', `${witnesses(1)}group G any W0 G\nquorum G\n`, 2],
    ['a member twice', `${witnesses(2)}group G 2 W0 W0\nquorum G\n`, 3],
    ['a member of two groups', `${witnesses(2)}group G any W0\ngroup H any W0 W1\nquorum H\n`, 4],
    ['a threshold of 0', `${witnesses(1)}group G 0 W0\nquorum G\n`, 2],
    ['a threshold past its members', `${witnesses(1)}group G 2 W0\nquorum G\n`, 2],
    ['a threshold with a leading zero', `${witnesses(1)}group G 01 W0\nquorum G\n`, 2],
    ['an empty group', `${witnesses(1)}group G all\nquorum G\n`, 2],
    ['a key missing', 'witness W0\nquorum none\n', 1],
    ['too much', `${'#\n'.repeat(40_000)}quorum none\n`, 1],
  ])('%s is refused, with its line', (_, text, line) => {
    expect(() => parseWitnessPolicy(text)).toThrow(
      expect.objectContaining({ code: 'bad_witness_policy', details: { line } }) as Error,
    );
  });

  test('any text is a policy or refused as none', () => {
    const word = fc.constantFrom(
      'log',
      'witness',
      'group',
      'quorum',
      'none',
      'A',
      'B',
      'any',
      '1',
      '\n',
      '#',
      LOG,
      vkey(0),
    );
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 9, arbitrary: word }, fc.string())), (words) => {
        try {
          const policy = parseWitnessPolicy(`${words.join(' ')}\n`);
          expect(parseWitnessPolicy(formatWitnessPolicy(policy)).quorum).toBe(policy.quorum);
        } catch (error) {
          expect(error).toBeInstanceOf(WitnessPolicyError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
