import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import {
  cosign,
  cosignerKey,
  formatCheckpoint,
  formatTlogProof,
  formatVkey,
  formatWitnessPolicy,
  fromUtf8,
  hex,
  inclusionProof,
  jcsBytes,
  concat,
  leafHash,
  noteKey,
  parseNote,
  signerFromSeed,
  signNote,
  thresholdPolicy,
  treeRoot,
  utf8,
} from '../crypto';
import { VerifyError } from './types';
import { verifyEntryProof } from './proof';

const ORIGIN = 'sovereign-node/0123456789abcdef';
const TS = '2026-01-01T00:00:00.000Z';
const AT = Date.parse(TS) / 1000;
const [log, other, w1, w2] = await Promise.all([1, 2, 3, 4].map((n) => signerFromSeed(new Uint8Array(32).fill(n))));
const LF = Uint8Array.of(10);
const lines = Array.from({ length: 11 }, (_, seq) =>
  jcsBytes({ v: 1, seq, ts: TS, type: 'NODE_STARTED', severity: 'INFO', prev: '0'.repeat(64), data: { seq } }),
);
const leaves = lines.map((line) => leafHash(concat(line, LF)));
const vkey = formatVkey(noteKey(ORIGIN, log!.publicKey));
const policyOf = (threshold: number): string => {
  const keys = { one: cosignerKey('w1.example', w1!.publicKey), two: cosignerKey('w2.example', w2!.publicKey) };
  const terms = thresholdPolicy([noteKey(ORIGIN, log!.publicKey)], new Map(Object.entries(keys)), threshold);
  return formatWitnessPolicy(terms);
};

interface Made {
  index?: number;
  signer?: typeof log | undefined;
  root?: string;
  times?: readonly number[];
}
async function make({ index = 4, signer = log, root = hex(treeRoot(leaves)), times = [] }: Made = {}) {
  let checkpointNote = await signNote(formatCheckpoint({ origin: ORIGIN, size: 11, root }), ORIGIN, signer!);
  const { text } = parseNote(checkpointNote)!;
  for (const [i, time] of times.entries())
    checkpointNote += await cosign(text, `w${i + 1}.example`, [w1, w2][i]!, time);
  return utf8(formatTlogProof({ index, proof: inclusionProof(leaves, index), checkpointNote }));
}

let proof: Uint8Array;
const entry = lines[4]!;
beforeAll(async () => {
  proof = await make({ times: [AT + 60, AT + 120] });
});

describe('a proof of one entry', () => {
  test('nothing given from outside: intact, unauthenticated; with and without the LF', async () => {
    for (const bytes of [entry, concat(entry, LF)]) {
      const { format, verdicts, facts } = await verifyEntryProof({ proof, entry: bytes });
      expect(format).toBe('tlog-proof');
      expect(verdicts).toEqual({
        integrity: 'pass',
        authenticity: 'unknown',
        nonEquivocation: 'unknown',
        time: 'unknown',
        policyReplay: 'unknown',
        execution: 'unknown',
      });
      expect(facts).toMatchObject({ origin: ORIGIN, entries: 11, firstTime: TS });
    }
  });

  test('log key and witnesses given: all that it can show passes, the bound is the time of the quorum', async () => {
    const all = await verifyEntryProof({ proof, entry }, { logKey: `${vkey}\n`, witnessPolicy: policyOf(2) });
    expect(all.verdicts).toMatchObject({
      integrity: 'pass',
      authenticity: 'pass',
      nonEquivocation: 'pass',
      time: 'pass',
    });
    expect(all.reasons.time).toContain('2026-01-01T00:02:00.000Z');
    expect(all.facts.witnessed.map(({ witness }) => witness)).toEqual(['one', 'two']);
    const any = await verifyEntryProof({ proof, entry }, { witnessPolicy: policyOf(1) });
    expect(any.verdicts.authenticity).toBe('pass');
    expect(any.reasons.time).toContain('2026-01-01T00:01:00.000Z');
    const none = await verifyEntryProof({ proof, entry }, { witnessPolicy: policyOf(0) });
    expect(none.verdicts).toMatchObject({ authenticity: 'pass', nonEquivocation: 'unknown', time: 'unknown' });
  });

  test('one witness of two is no quorum, and a log without witnesses is not vouched for', async () => {
    for (const times of [[], [AT]]) {
      const fewer = await make({ times });
      const { verdicts, problems } = await verifyEntryProof({ proof: fewer, entry }, { witnessPolicy: policyOf(2) });
      expect(verdicts).toMatchObject({ integrity: 'pass', nonEquivocation: 'fail', time: 'unknown' });
      expect(problems).toMatchObject([{ code: 'no_quorum', verdict: 'nonEquivocation' }]);
    }
  });

  test('an entry that says to be later than its witnesses saw it', async () => {
    const early = await make({ times: [AT - 3600, AT - 3600] });
    const { verdicts, problems } = await verifyEntryProof({ proof: early, entry }, { witnessPolicy: policyOf(2) });
    expect(verdicts).toMatchObject({ nonEquivocation: 'pass', time: 'fail' });
    expect(problems).toMatchObject([{ code: 'later_than_seen' }]);
  });
});

describe('proofs that another implementation made', () => {
  interface Vectors {
    log_vkey: string;
    witness_policy: string;
    existed_by: string;
    proofs: { seq: number; entry: string; proof: string }[];
  }
  const vectors = JSON.parse(readFileSync('docs/vectors/entry-proof.json', 'utf8')) as Vectors;

  test.each(vectors.proofs)('entry $seq', async ({ seq, entry, proof }) => {
    const options = { logKey: vectors.log_vkey, witnessPolicy: vectors.witness_policy };
    const judge = (line: string) => verifyEntryProof({ proof: utf8(proof), entry: utf8(line) }, options);
    const { verdicts, reasons } = await judge(entry);
    expect(verdicts).toMatchObject({ integrity: 'pass', authenticity: 'pass', nonEquivocation: 'pass', time: 'pass' });
    expect(reasons.time).toContain(vectors.existed_by);
    for (const other of vectors.proofs)
      if (other.seq !== seq) expect((await judge(other.entry)).verdicts.integrity).toBe('fail');
  });
});

describe('what must not pass', () => {
  const judge = (made: Uint8Array, line: Uint8Array) =>
    verifyEntryProof({ proof: made, entry: line }, { logKey: vkey, witnessPolicy: policyOf(1) });

  test('another entry, another place, another tree: nothing vouches for it', async () => {
    const elsewhere = await make({ root: 'ab'.repeat(32), times: [AT] });
    for (const [made, line] of [
      [proof, lines[5]!],
      [await make({ index: 5, times: [AT] }), entry],
      [elsewhere, entry],
    ] as const) {
      const { verdicts, problems } = await judge(made, line);
      expect(problems[0]).toMatchObject({ code: 'not_included', verdict: 'integrity' });
      expect(Object.values(verdicts)).not.toContain('pass');
    }
  });

  test('an entry whose own number is not its place', async () => {
    const swapped = lines.with(4, jcsBytes({ seq: 5, ts: TS }));
    const hashes = swapped.map((line) => leafHash(concat(line, LF)));
    const root = hex(treeRoot(hashes));
    const note = await signNote(formatCheckpoint({ origin: ORIGIN, size: 11, root }), ORIGIN, log!);
    const made = utf8(formatTlogProof({ index: 4, proof: inclusionProof(hashes, 4), checkpointNote: note }));
    const { verdicts, problems } = await verifyEntryProof({ proof: made, entry: swapped[4]! }, { logKey: vkey });
    expect(problems[0]!.code).toBe('wrong_seq');
    expect(verdicts).toMatchObject({ integrity: 'fail', authenticity: 'unknown' });
  });

  test('a log signed by another key, and another log', async () => {
    const forged = await verifyEntryProof({ proof: await make({ signer: other }), entry }, { logKey: vkey });
    expect(forged.verdicts).toMatchObject({ integrity: 'pass', authenticity: 'fail' });
    expect(forged.problems[0]!.code).toBe('bad_checkpoint_signature');
    const foreign = formatVkey(noteKey('another.example/log', log!.publicKey));
    const { verdicts, problems } = await verifyEntryProof({ proof, entry }, { logKey: foreign });
    expect(verdicts.authenticity).toBe('fail');
    expect(problems[0]!.code).toBe('foreign_log');
  });

  test('any change of a byte: refused, failed, or no longer vouched for', async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.nat(), fc.integer({ min: 1, max: 255 }), async (inProof, at, bits) => {
        const [p, e] = [Uint8Array.from(proof), Uint8Array.from(entry)];
        const target = inProof ? p : e;
        target[at % target.length]! ^= bits;
        try {
          const { verdicts } = await verifyEntryProof({ proof: p, entry: e }, { witnessPolicy: policyOf(2) });
          const all = [verdicts.integrity, verdicts.authenticity, verdicts.nonEquivocation];
          expect(
            all.every((verdict) => verdict === 'pass'),
            fromUtf8(proof),
          ).toBe(false);
        } catch (error) {
          if (!(error instanceof VerifyError)) throw error;
          expect(error.code).toBe('not_a_proof');
        }
      }),
      { numRuns: 500 },
    );
  });

  test('garbage: typed errors only', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (bytes, asProof) => {
        const input = asProof ? { proof: bytes, entry } : { proof, entry: bytes };
        await expect(verifyEntryProof(input)).rejects.toMatchObject({ code: 'not_a_proof' });
      }),
    );
    await expect(verifyEntryProof({ proof, entry }, { logKey: 'x' })).rejects.toMatchObject({ code: 'bad_key' });
    await expect(verifyEntryProof({ proof, entry }, { witnessPolicy: 'x' })).rejects.toMatchObject({
      code: 'bad_policy',
    });
  });
});
