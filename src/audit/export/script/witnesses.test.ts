import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  cosign,
  cosignerKey,
  formatWitnessPolicy,
  noteKey,
  parseNote,
  signerFromSeed,
  thresholdPolicy,
  type Signer,
} from '../../../crypto';
import { textOf } from '../../../verify/testing/forge';
import { makeSample, type Sample } from '../../../verify/testing/sample';
import { ScriptBench, type Ended } from './testkit';

describe('witnesses', () => {
  const NAMES = ['w1.example', 'w2.example', 'w3.example'];
  let witnesses: Signer[];
  let cosigned: Sample;
  let bench: ScriptBench;
  beforeAll(async () => {
    witnesses = await Promise.all(NAMES.map((_, i) => signerFromSeed(new Uint8Array(32).fill(80 + i))));
    // The third one did not answer.
    const cosignedBy = async (note: string): Promise<string> => {
      const { text } = parseNote(note)!;
      const lines = [0, 1].map((i) => cosign(text, NAMES[i]!, witnesses[i]!, 1_770_000_000 + i));
      return note + (await Promise.all(lines)).join('');
    };
    cosigned = await makeSample(cedar, { cosignedBy });
    bench = new ScriptBench(cosigned.keys.governance);
  });
  afterAll(() => bench.close());

  /** Runs the script with a policy that asks for `threshold` of the three. */
  function against(threshold: number, edit: (policy: string) => string = (policy) => policy, keys = witnesses): Ended {
    const [origin] = textOf(cosigned.files, 'log/checkpoint').split('\n');
    const keyed = new Map(NAMES.map((name, i) => [name, cosignerKey(name, keys[i]!.publicKey)]));
    const log = noteKey(origin!, cosigned.keys.log.publicKey);
    const policy = edit(formatWitnessPolicy(thresholdPolicy([log], keyed, threshold)));
    writeFileSync(join(bench.home, 'policy.txt'), policy);
    return bench.run(bench.lay(cosigned.files), ['pin.pem', 'policy.txt'], { PATH: bench.bin });
  }

  test('a policy that two of three satisfy', () => {
    const { status, said } = against(2);
    expect(said).toMatch(/^WITNESSED: /m);
    expect(said).toMatch(/VERIFIED: /);
    expect(status).toBe(0);
  });

  test('fails when the third is needed too', () => {
    expect(against(3)).toMatchObject({ status: 33, said: expect.stringMatching(/FAIL {2}enough of your witnesses/) });
  });

  test('fails with witnesses of the same names and other keys', async () => {
    const others = await Promise.all(NAMES.map((_, i) => signerFromSeed(new Uint8Array(32).fill(90 + i))));
    expect(against(1, (policy) => policy, others)).toMatchObject({ status: 33 });
  });

  test('fails with the policy of another log, and with a file that is no policy', () => {
    expect(against(1, (policy) => policy.replace(/^log \S/, 'log x'))).toMatchObject({ status: 33 });
    expect(against(1, () => 'quorum: everyone\n')).toMatchObject({ status: 33 });
    expect(against(1, () => '')).toMatchObject({ status: 33 });
  });

  test('a policy that asks for nobody is said to be one', () => {
    expect(against(0)).toMatchObject({ status: 0, said: expect.stringMatching(/NOT WITNESSED: the policy/) });
  });
});
