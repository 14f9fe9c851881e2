import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyLife } from './life';
import { PURPOSES, type Purpose } from './shapes';
import {
  commitment,
  genesisData,
  keyOf,
  recoveryData,
  revocationData,
  rotationData,
  signerOf,
  tell,
  trusteesData,
  TRUSTEES,
  trusteeKey,
  type Data,
} from './testkit';
import { signBody } from './sign';

const filler = ['NODE_STARTED', {}] as const;
const genesis = async (options?: Parameters<typeof genesisData>[0]) => ['GENESIS', await genesisData(options)] as const;
const rotated = async (...args: Parameters<typeof rotationData>) =>
  ['KEY_ROTATED', await rotationData(...args)] as const;
const revoked = async (...args: Parameters<typeof revocationData>) =>
  ['KEY_REVOKED', await revocationData(...args)] as const;
const flaws = async (...entries: Parameters<typeof tell>): Promise<string[]> => (await tell(...entries)).flaws;

describe('rotation', () => {
  test('a committed key takes over, and each entry has its one key', async () => {
    const change = await rotated('governance', { index: 1 });
    const { life, flaws } = await tell(await genesis(), filler, change, filler, await rotated('log', { index: 1 }));
    expect(flaws).toEqual([]);
    expect(life.current('governance')).toBe(keyOf('governance', 1));
    expect([1, 2, 3].map((seq) => life.keyAt('governance', seq))).toEqual([
      keyOf('governance', 0),
      keyOf('governance', 0),
      keyOf('governance', 1),
    ]);
    expect(life.committed('governance')).toBe(commitment('governance', 2));
    expect(life.current('log')).toBe(keyOf('log', 1));
    expect(life.current('owner')).toBe(keyOf('owner'));
  });

  test('attack: to a key that was not committed', async () => {
    const change = await rotated('governance', { index: 1, to: 7 });
    expect(await flaws(await genesis(), change)).toEqual(['the new key is not the one that was committed to']);
  });

  test('attack: signed only by the new key', async () => {
    const change = await rotated('governance', { index: 1, by: [] });
    expect(await flaws(await genesis(), change)).toEqual(['the key before it did not sign the change']);
  });

  test('attack: signed only by the old key', async () => {
    const [type, data] = await rotated('governance', { index: 1 });
    const forged = { ...data, key_signature: data['previous_signature']! };
    expect(await flaws(await genesis(), [type, forged])).toEqual(['the new key did not sign that it takes over']);
  });

  test('attack: one that was made for another log', async () => {
    const change = await rotated('log', { index: 1, origin: 'sovereign-node/ffffffffffffffff' });
    expect(await flaws(await genesis(), change)).toEqual(['it was made for another log']);
  });

  test('attack: the same change a second time', async () => {
    const change = await rotated('log', { index: 1 });
    expect(await flaws(await genesis(), change, change)).toEqual(['it does not follow the key before it']);
  });

  test('attack: another purpose’s commitment changed on the way', async () => {
    const next = { log: commitment('log', 2), owner: commitment('owner', 9) };
    const change = await rotated('log', { index: 1, next, by: ['previous', 'owner'] });
    expect(await flaws(await genesis(), change)).toEqual(['it changes what another key had committed to']);
  });

  test('attack: a small-order key, committed to', async () => {
    const identity = `01${'0'.repeat(62)}`;
    const [type, data] = await rotated('log', { index: 1 });
    const forged = { ...data, rotation: { ...(data['rotation'] as Data), key: identity } };
    expect(await flaws(await genesis(), [type, forged])).toEqual(['its log key is not a safe Ed25519 key']);
  });

  test('a log without commitments: the owner signs too, and all commitments come with the first change', async () => {
    const old = await genesis({ committed: false, signed: false });
    const next = Object.fromEntries(PURPOSES.map((p) => [p, commitment(p, p === 'log' ? 2 : 1)]));
    expect(await flaws(old, await rotated('log', { index: 1, next }))).toEqual([
      'the owner key did not sign the change',
    ]);
    const { life, flaws: none } = await tell(old, await rotated('log', { index: 1, next, by: ['previous', 'owner'] }));
    expect(none).toEqual([]);
    expect(PURPOSES.map((p) => life.committed(p))).toEqual(PURPOSES.map((p) => next[p]));
  });

  test('attack: commitments in a first entry that the governance key did not sign', async () => {
    expect(await flaws(await genesis({ signed: false }))).toEqual([
      'the governance key did not sign the keys that come next',
    ]);
    const [type, data] = await genesis();
    expect(
      await flaws([type, { ...data, next: { ...(data['next'] as Data), owner: commitment('owner', 5) } }]),
    ).toEqual(["the governance key did not sign the log's first entry"]);
  });
});

describe('revocation', () => {
  const revokedAndReplaced = async () => [
    await genesis(),
    filler,
    await revoked('governance', keyOf('governance'), 2, ['owner', 0]),
    await rotated('governance', { index: 1, by: ['owner'] }),
  ];

  test('by the owner key; the committed key follows without the word of the revoked one', async () => {
    const { life, flaws } = await tell(...(await revokedAndReplaced()));
    expect(flaws).toEqual([]);
    expect(life.current('governance')).toBe(keyOf('governance', 1));
    expect(life.spans.find((s) => s.key === keyOf('governance'))?.revoked).toMatchObject({ fromSeq: 2 });
  });

  test('nothing is in force between a revocation and the key that follows', async () => {
    const { life } = await tell(...(await revokedAndReplaced()).slice(0, 3));
    expect(life.current('governance')).toBeUndefined();
    expect(life.keyAt('governance', 3)).toBeUndefined();
  });

  test('attack: by another key than the owner’s', async () => {
    const forged = await revoked('governance', keyOf('governance'), 1, ['log', 0]);
    expect(await flaws(await genesis(), filler, forged)).toEqual(['only the owner key revokes this key']);
  });

  test('attack: the owner key named as signer, signed by another', async () => {
    const [type, data] = await revoked('log', keyOf('log'), 1, ['log', 0]);
    expect(await flaws(await genesis(), filler, [type, { ...data, signer: keyOf('owner') }])).toEqual([
      'the owner key did not sign the revocation',
    ]);
  });

  test('attack: the revoked key signs its own successor', async () => {
    const entries = await revokedAndReplaced();
    entries[3] = await rotated('governance', { index: 1, by: ['previous', 'owner'] });
    expect(await flaws(...entries)).toEqual(['it rests on the signature of a revoked key']);
  });

  test('the owner key is revoked by the key it had committed to, which then follows', async () => {
    const { life, flaws } = await tell(
      await genesis(),
      filler,
      await revoked('owner', keyOf('owner'), 2, ['owner', 1]),
      await rotated('owner', { index: 1, by: [] }),
    );
    expect(flaws).toEqual([]);
    expect(life.current('owner')).toBe(keyOf('owner', 1));
  });

  test('attack: a stolen owner key revokes itself to make room for another', async () => {
    expect(await flaws(await genesis(), filler, await revoked('owner', keyOf('owner'), 2, ['owner', 0]))).toEqual([
      'an owner key is revoked by the key after it',
    ]);
  });

  test('from an entry before the key or after the revocation', async () => {
    const outside = ['it revokes from an entry outside the life of the key'];
    for (const from of [0, 3])
      expect(await flaws(await genesis(), filler, await revoked('log', keyOf('log'), from, ['owner', 0]))).toEqual(
        outside,
      );
  });
});

describe('what a pinned key may believe', () => {
  test('each key of a signed chain leads to the last', async () => {
    const { life } = await tell(
      await genesis(),
      await rotated('governance', { index: 1 }),
      await rotated('governance', { index: 2 }),
    );
    for (const n of [0, 1, 2]) expect(life.follows('governance', keyOf('governance', n))).toBe(true);
    expect(life.follows('governance', keyOf('governance', 3))).toBe(false);
    expect(life.follows('governance', keyOf('owner'))).toBe(false);
  });

  test('a revoked key leads on only to what it had committed to itself', async () => {
    const replace = [
      await revoked('governance', keyOf('governance'), 1, ['owner', 0]),
      await rotated('governance', { index: 1, by: ['owner'] }),
    ] as const;
    expect((await tell(await genesis(), ...replace)).life.follows('governance', keyOf('governance'))).toBe(true);
    // Attack: a log invented around somebody's governance key, whose owner key 'revokes' it in favour of the attacker's.
    const invented = await tell(await genesis({ committed: false, signed: false }), ...replace);
    expect(invented.flaws).toEqual([]);
    expect(invented.life.follows('governance', keyOf('governance'))).toBe(false);
    expect(invented.life.follows('governance', keyOf('governance', 1))).toBe(true);
  });
});

describe('trustees', () => {
  const appointed = async (needed = 2) =>
    [await genesis(), ['TRUSTEES_SET', await trusteesData(needed)] as const] as const;
  const recovered = async (signers: readonly string[]) => {
    const [first, set] = await appointed();
    return [first, set, ['RECOVERY', await recoveryData(set[1], signers)] as const] as const;
  };

  test('enough of them appoint a new owner key', async () => {
    const { life, flaws } = await tell(...(await recovered(TRUSTEES.slice(0, 2))));
    expect(flaws).toEqual([]);
    expect(life.current('owner')).toBe(keyOf('owner', 1));
    expect(life.spans.find((s) => s.key === keyOf('owner'))?.revoked).not.toBeNull();
  });

  test('to any key: also one that the lost owner key had not committed to', async () => {
    const [first, set] = await appointed();
    const entry = ['RECOVERY', await recoveryData(set[1], TRUSTEES, 1, 5)] as const;
    expect((await tell(first, set, entry)).flaws).toEqual([]);
  });

  test('attack: one trustee too few', async () => {
    expect(await flaws(...(await recovered(TRUSTEES.slice(0, 1))))).toEqual(['1 trustees signed, but 2 are needed']);
  });

  test('attack: one trustee twice', async () => {
    expect(await flaws(...(await recovered(['trustee-a', 'trustee-a'])))).toEqual(['one trustee signed twice']);
  });

  test('attack: a signature of somebody else under a trustee’s name', async () => {
    const [first, set, [type, data]] = await recovered(TRUSTEES.slice(0, 2));
    const forged = structuredClone(data) as unknown as { signatures: { signature: string }[] };
    forged.signatures[1]!.signature = await signBody(await signerOf('owner'), data['recovery'] as Data);
    expect(await flaws(first, set, [type, forged as unknown as Data])).toEqual(['a trustee did not sign it']);
  });

  test('attack: somebody signs who is no trustee', async () => {
    const [first, set, [type, data]] = await recovered(TRUSTEES.slice(0, 2));
    const body = data['recovery'] as Data;
    const signature = await signBody(await signerOf('owner'), body);
    const signatures = [...(data['signatures'] as Data[]), { key: keyOf('owner'), signature }] as never;
    expect(await flaws(first, set, [type, { ...data, signatures }])).toEqual(['somebody signed who is no trustee']);
  });

  test('attack: a recovery under an older list of trustees', async () => {
    const [first, set] = await appointed();
    const newer = ['TRUSTEES_SET', await trusteesData(3, { number: 2 })] as const;
    const entry = ['RECOVERY', await recoveryData(set[1], TRUSTEES)] as const;
    expect(await flaws(first, set, newer, entry)).toEqual([
      'it does not rest on the trustees that the owner appointed',
    ]);
  });

  test('attack: the list repeated, unsigned, or with a key of the log', async () => {
    const [first, set] = await appointed();
    expect(await flaws(first, set, set)).toEqual(['a list of trustees is skipped or repeated']);
    const stranger = await trusteesData(2, { owner: 3 });
    expect(await flaws(first, ['TRUSTEES_SET', stranger])).toEqual(['the owner key did not appoint the trustees']);
    const list = set[1]['trustees'] as Data;
    const own = { ...list, trustees: [{ key: keyOf('log'), name: null }], needed: 1 };
    expect(await flaws(first, ['TRUSTEES_SET', { ...set[1], trustees: own }])).toEqual([
      'a key of this log cannot be its own trustee',
    ]);
  });

  test('attack: the deposed owner key acts on', async () => {
    const [first, set, entry] = await recovered(TRUSTEES);
    const late = await revoked('log', keyOf('log'), 1, ['owner', 0]);
    expect(await flaws(first, set, entry, late)).toEqual(['only the owner key revokes this key']);
    const again = ['TRUSTEES_SET', await trusteesData(1, { number: 2 })] as const;
    expect(await flaws(first, set, entry, again)).toEqual(['the owner key did not appoint the trustees']);
  });

  test('their keys are all different', () => {
    expect(new Set(TRUSTEES.map((t) => keyOf(...trusteeKey(t)))).size).toBe(3);
  });
});

/** A model of a life: which key is in force, which are gone. Each step is tried rightly, and in one of the wrong ways. */
describe('any life of keys', () => {
  const purpose = fc.constantFrom<Purpose>(...PURPOSES);
  const step = fc.oneof(
    fc.record({ do: fc.constant('rotate' as const), purpose }),
    fc.record({ do: fc.constant('revoke' as const), purpose }),
    fc.record({ do: fc.constant('steal' as const), purpose }),
  );

  test('right steps all count, wrong ones change nothing, and each entry has at most one key a purpose', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const life = new KeyLife();
        const at: Record<Purpose, number> = { node: 0, governance: 0, log: 0, owner: 0 };
        let seq = 0;
        const apply = async (type: string, data: Data): Promise<string[]> => {
          const ts = new Date(Date.UTC(2026, 0, 1) + seq).toISOString();
          const { flaws } = life.apply({ seq, ts, type, data });
          seq += 1;
          return [...flaws];
        };
        expect(await apply('GENESIS', await genesisData())).toEqual([]);
        for (const { do: what, purpose } of steps) {
          const index = at[purpose] + 1;
          const owner = at.owner;
          if (what === 'steal') {
            const before = PURPOSES.map((p) => life.current(p));
            expect(
              await apply('KEY_ROTATED', await rotationData(purpose, { index, to: index + 50, owner })),
            ).toHaveLength(1);
            expect(PURPOSES.map((p) => life.current(p))).toEqual(before);
            continue;
          }
          if (what === 'revoke') {
            const signer = ['owner', purpose === 'owner' ? index : owner] as const;
            expect(
              await apply('KEY_REVOKED', await revocationData(purpose, keyOf(purpose, index - 1), seq, signer)),
            ).toEqual([]);
            expect(life.current(purpose)).toBeUndefined();
          }
          const by = what === 'rotate' ? (['previous'] as const) : purpose === 'owner' ? [] : (['owner'] as const);
          expect(await apply('KEY_ROTATED', await rotationData(purpose, { index, owner, by }))).toEqual([]);
          at[purpose] = index;
          for (const p of PURPOSES) expect(life.current(p)).toBe(keyOf(p, at[p]));
        }
        for (const p of PURPOSES) {
          for (let s = 1; s <= seq; s++) {
            const inForce = life.spans.filter(
              (span) => span.purpose === p && span.from.seq < s && (!span.until || s <= span.until.seq),
            );
            expect(inForce.length).toBeLessThanOrEqual(1);
            expect(life.keyAt(p, s)).toBe(inForce[0]?.key);
          }
          for (let n = 0; n <= at[p]; n++) if (p === 'governance') expect(life.follows(p, keyOf(p, n))).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });
});
