import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatCheckpoint, inTotoKeyId, publicKeyPem, signNote } from '../../../crypto';
import type { BundleFile } from '../../../protocol/bundle';
import { drop, put, resum, rewriteLog, textOf } from '../../../verify/testing/forge';
import { makeKeys, makeSample, type Keys, type Sample } from '../../../verify/testing/sample';
import { ScriptBench } from './testkit';

let sample: Sample;
let attacker: Keys;
let bench: ScriptBench;
beforeAll(async () => {
  sample = await makeSample(cedar, { more: 20 });
  attacker = await makeKeys(50);
  bench = new ScriptBench(sample.keys.governance);
  bench.pin('other.pem', attacker.governance);
});
afterAll(() => bench.close());

const failsAt = (files: readonly BundleFile[]): string => {
  const { status, said } = bench.run(bench.lay(files));
  expect(status).toBe(33);
  return said.split('\n').find((line) => line.startsWith('FAIL')) ?? said;
};
const edited = (files: readonly BundleFile[], path: string, edit: (bytes: Uint8Array) => void): BundleFile[] => {
  const bytes = Uint8Array.from(files.find((file) => file.path === path)!.bytes);
  edit(bytes);
  return put(files, path, bytes);
};
const linkOf = (files: readonly BundleFile[], step: string, by: keyof Keys): string => {
  const name = `${step}.${inTotoKeyId(sample.keys[by].publicKey).slice(0, 8)}.link`;
  return files.find((file) => file.path.endsWith(name))!.path;
};
const resigned = (files: readonly BundleFile[]): Promise<BundleFile[]> => resum(files, sample.keys.governance);

describe('verify.sh fails', () => {
  test('against another key, and with a key file that is none', () => {
    expect(bench.run(bench.lay(sample.files), ['other.pem'])).toMatchObject({ status: 33 });
    expect(bench.run(bench.lay(sample.files), ['missing.pem'])).toMatchObject({ status: 33 });
  });

  test("on a bundle invented with the attacker's key; without a pin it says UNAUTHENTICATED", async () => {
    const invented = await makeSample(cedar, { keys: attacker });
    expect(failsAt(invented.files)).toMatch(/FAIL {2}the list is signed by the governance key/);
    expect(bench.run(bench.lay(invented.files), []).said).toMatch(/UNAUTHENTICATED/);
  });

  test('on an extra file, an extra link, a missing file', () => {
    expect(failsAt(put(sample.files, 'extra', 'x'))).toMatch(/exactly these files/);
    expect(failsAt(put(sample.files, 'SHA256SUMS.more', 'x'))).toMatch(/exactly these files/);
    expect(failsAt(drop(sample.files, 'README.txt'))).not.toMatch(/VERIFIED/);
    const dir = bench.lay(sample.files);
    symlinkSync('/etc/passwd', join(dir, 'link'));
    expect(bench.run(dir).said).toMatch(/FAIL {2}SHA256SUMS lists exactly/);
  });

  test.each<[string, RegExp, (files: BundleFile[]) => Promise<BundleFile[]> | BundleFile[]]>([
    [
      'entries cut off',
      /counts the entries/,
      (files) => {
        const text = textOf(files, 'log/entries.jsonl').split('\n').slice(0, -3).join('\n');
        return put(files, 'log/entries.jsonl', `${text}\n`);
      },
    ],
    [
      'an entry edited',
      /unbroken chain/,
      (files) => put(files, 'log/entries.jsonl', textOf(files, 'log/entries.jsonl').replace('"done"', '"dOne"')),
    ],
    [
      'the last entry edited',
      /has the root/,
      (files) => put(files, 'log/entries.jsonl', textOf(files, 'log/entries.jsonl').replace('0.1.19', '0.1.91')),
    ],
    [
      'the log rewritten without the log key',
      /signed by the log key/,
      (files) => rewriteLog(files, (entries) => entries.slice(0, -1)),
    ],
    [
      'another owner key',
      /that the log has in force/,
      (files) => put(files, 'keys/owner.pub.pem', publicKeyPem(attacker.owner.publicKey)),
    ],
    [
      'a changed statement',
      /statements are signed/,
      (files) => {
        const path = 'attest/run-1.train.dsse.json';
        return put(files, path, textOf(files, path).replace(/"sig":"../, '"sig":"AA'));
      },
    ],
    ['an artifact swapped', /stages made is here/, (files) => put(files, 'artifacts/run-1/train/model.json', '{}')],
    [
      'a hash in a tile',
      /the tiles are those/,
      (files) => edited(files, 'log/tile/0/000.p/42', (bytes) => (bytes[40]! ^= 1)),
    ],
    ['a tile too many', /the tiles are those/, (files) => put(files, 'log/tile/1/000.p/1', new Uint8Array(32))],
    [
      'a hash in a proof',
      /proved one by one/,
      (files) =>
        put(files, 'proofs/1.tlog-proof', textOf(files, 'proofs/1.tlog-proof').replace(/\n[A-Za-z]{2}/, '\nzz')),
    ],
    [
      'a proof under the number of another entry',
      /proved one by one/,
      (files) => put(files, 'proofs/2.tlog-proof', textOf(files, 'proofs/1.tlog-proof')),
    ],
    [
      'a hash in the consistency proof',
      /continues its older checkpoint/,
      (files) => edited(files, 'proofs/consistency.txt', (bytes) => (bytes[20]! ^= 1)),
    ],
    [
      'an older checkpoint of another tree',
      /continues its older checkpoint/,
      async (files) => {
        const [origin] = textOf(files, 'log/checkpoint').split('\n');
        const body = formatCheckpoint({ origin: origin!, size: 1, root: '00'.repeat(32) });
        return put(files, 'log/checkpoint.old', await signNote(body, origin!, sample.keys.log));
      },
    ],
    [
      'a second signature for minisign by another key',
      /signify and minisign/,
      (files) => edited(files, 'log/checkpoint.body.minisig', (bytes) => (bytes[bytes.length - 9]! ^= 1)),
    ],
    [
      'a verifier key of another log',
      /same keys/,
      (files) => put(files, 'keys/log.vkey', textOf(files, 'keys/log.vkey').replace('sovereign', 'sovereigm')),
    ],
    ['a link left out', /in-toto links/, (files) => drop(files, linkOf(files, 'promote', 'owner'))],
    [
      'a product changed in a link',
      /in-toto links/,
      (files) => {
        const link = linkOf(files, 'train', 'node');
        return put(files, link, textOf(files, link).replace('model.json', 'modem.json'));
      },
    ],
    [
      'a layout that asks for less',
      /in-toto links/,
      (files) => {
        const layout = 'intoto/run-1/root.layout';
        return put(files, layout, textOf(files, layout).replace('"threshold":2', '"threshold":1'));
      },
    ],
    [
      'a training stage without provenance',
      /has its provenance/,
      (files) =>
        rewriteLog(
          files,
          (entries) => {
            const stage = entries.find((e) => e.type === 'STAGE_COMPLETED')!.data as { type?: string };
            stage.type = 'model_training';
            return entries;
          },
          sample.keys,
        ),
    ],
    [
      'a decision left out',
      /decisions are those/,
      (files) => put(files, 'policy/decisions.jsonl', textOf(files, 'policy/decisions.jsonl').replace(/^.*\n/, '')),
    ],
    [
      'another SSH signature',
      /byte for byte/,
      async (files) => {
        const other = await resum(files, attacker.governance);
        return put(files, 'SHA256SUMS.sig', textOf(other, 'SHA256SUMS.sig'));
      },
    ],
  ])('on %s, even by who can sign the list', async (name, where, edit) => {
    const bad = await edit(await resigned(sample.files));
    const signed = name === 'another SSH signature' ? bad : await resigned(bad);
    expect(failsAt(signed)).toMatch(where);
  });
});
