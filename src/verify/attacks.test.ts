import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { beforeAll, describe, expect, test } from 'vitest';
import { base64, fromBase64, fromUtf8, jcs, utf8, type Signer } from '../crypto';
import type { BundleFile } from '../protocol/bundle';
import { memoryReader, verifyBundle, type Report } from '.';
import { dataOf, drop, put, resum, rewriteLog, textOf } from './testing/forge';
import { makeKeys, makeSample, type Keys, type Sample } from './testing/sample';

let sample: Sample;
let attacker: Keys;
beforeAll(async () => {
  sample = await makeSample(cedar);
  attacker = await makeKeys(50);
});

const judge = (files: readonly BundleFile[], pinned = true): Promise<Report> =>
  verifyBundle(memoryReader(files), pinned ? { governanceKey: sample.keys.governance.publicKey } : {});
const codes = (report: Report): string[] => [...new Set(report.problems.map((p) => p.code))];

describe('without any key', () => {
  test('edit an entry and rehash the rest', async () => {
    const edited = await rewriteLog(sample.files, (entries) => {
      dataOf(entries, 'STAGE_COMPLETED').summary = 'better';
      return entries;
    });
    const report = await judge(await resum(edited));
    expect(report.verdicts).toMatchObject({ integrity: 'pass', authenticity: 'fail' });
    expect(codes(report)).toEqual(['bad_list_signature', 'bad_checkpoint_signature', 'bad_signature']);
    expect((await judge(await resum(edited), false)).verdicts.authenticity).toBe('fail');
  });

  test('edit an entry in place', async () => {
    const text = textOf(sample.files, 'log/entries.jsonl').replace('"summary":"done"', '"summary":"dOne"');
    const report = await judge(await resum(put(sample.files, 'log/entries.jsonl', text)));
    expect(codes(report).slice(0, 3)).toEqual(['bad_list_signature', 'bad_entry', 'wrong_root']);
    expect(report.verdicts).toMatchObject({ integrity: 'fail', authenticity: 'fail' });
  });

  test('cut the tail', async () => {
    const text = textOf(sample.files, 'log/entries.jsonl').split('\n').slice(0, -4).join('\n');
    const report = await judge(await resum(put(sample.files, 'log/entries.jsonl', `${text}\n`)), false);
    expect(codes(report)).toContain('wrong_size');
    expect(report.verdicts.integrity).toBe('fail');
  });

  test('tear the tail in the middle of a line', async () => {
    const text = textOf(sample.files, 'log/entries.jsonl').slice(0, -20);
    const report = await judge(await resum(put(sample.files, 'log/entries.jsonl', text)), false);
    expect(report.problems.find((p) => p.code === 'bad_entry')?.message).toMatch(/no line feed/);
  });

  test('cut the head, and rehash', async () => {
    const cut = await rewriteLog(sample.files, (entries) => entries.slice(3));
    const report = await judge(await resum(cut), false);
    expect(report.verdicts.integrity).toBe('fail');
    expect(codes(report)).toContain('bad_genesis');
  });

  test('delete the log', async () => {
    for (const files of [drop(sample.files, 'log/entries.jsonl'), put(sample.files, 'log/entries.jsonl', '')])
      expect((await judge(await resum(files), false)).verdicts.integrity).toBe('fail');
  });

  test('swap an artifact', async () => {
    const swapped = put(sample.files, 'artifacts/run-1/train/model.json', '{"intercept":0,"slope":3}');
    const report = await judge(await resum(swapped), false);
    expect(codes(report)).toEqual(['bad_list_signature', 'missing_artifact', 'unnamed_file']);
  });

  test("edit a statement's payload", async () => {
    const path = 'attest/run-1.train.dsse.json';
    const envelope = JSON.parse(textOf(sample.files, path)) as { payload: string };
    envelope.payload = base64(utf8(fromUtf8(fromBase64(envelope.payload)!).replace('model.json', 'model.jsom')));
    const report = await judge(await resum(put(sample.files, path, jcs(envelope))), false);
    expect(codes(report)).toEqual([
      'bad_list_signature',
      'missing_statement',
      'unnamed_file',
      'bad_statement_signature',
    ]);
  });

  test('a file that the log does not name, though it is in the list', async () => {
    for (const path of ['artifacts/run-1/train/more.json', 'attest/more.dsse.json', 'policy/more.cedar']) {
      const report = await judge(await resum(put(sample.files, path, 'hi'), sample.keys.governance));
      expect(report.problems[0]).toMatchObject({ where: path, verdict: 'integrity' });
    }
  });

  test('a foreign file beside the others', async () => {
    const report = await judge(put(sample.files, 'extra.txt', 'hi'));
    expect(report.problems).toMatchObject([{ code: 'extra_file', where: 'extra.txt' }]);
    expect(report.verdicts).toMatchObject({ integrity: 'fail', authenticity: 'fail' });
  });

  test('a missing file', async () => {
    const report = await judge(drop(sample.files, 'README.txt'));
    expect(report.problems).toMatchObject([{ code: 'missing_file', where: 'README.txt' }]);
  });

  test('a verdict that the bundle gives itself is not believed', async () => {
    const flattered = put(sample.files, 'report.json', '{"verdicts":{"authenticity":"pass","integrity":"pass"}}');
    expect((await judge(await resum(flattered))).verdicts.authenticity).toBe('fail');
  });
});

describe("with the attacker's own key", () => {
  test('a bundle invented from nothing', async () => {
    const invented = await makeSample(cedar, { keys: attacker });
    expect((await judge(invented.files)).verdicts.authenticity).toBe('fail');
    expect((await judge(invented.files, false)).verdicts).toMatchObject({ integrity: 'pass', authenticity: 'unknown' });
  });

  test('the real bundle, its list signed again', async () => {
    const report = await judge(await resum(sample.files, attacker.governance));
    expect(codes(report)).toEqual(['bad_list_signature']);
    const pem = textOf((await makeSample(cedar, { keys: attacker })).files, 'keys/governance.pub.pem');
    const both = await resum(put(sample.files, 'keys/governance.pub.pem', pem), attacker.governance);
    expect((await judge(both)).verdicts.authenticity).toBe('fail');
    expect((await judge(both, false)).verdicts.integrity).toBe('fail');
  });

  test('one of the two list signatures signed again', async () => {
    const forged = await resum(sample.files, attacker.governance);
    for (const path of ['SHA256SUMS.ed25519', 'SHA256SUMS.sig']) {
      const one = put(sample.files, path, forged.find((f) => f.path === path)!.bytes);
      expect((await judge(one)).problems).toMatchObject([{ code: 'bad_list_signature', where: path }]);
    }
  });
});

describe('lines that two readers could read differently', () => {
  const withLine = async (edit: (line: string) => string, log: Signer): Promise<Report> => {
    const lines = textOf(sample.files, 'log/entries.jsonl').split('\n');
    lines[2] = edit(lines[2]!);
    const files = put(sample.files, 'log/entries.jsonl', lines.join('\n'));
    return judge(await resum(files, log));
  };

  test.each([
    ['a duplicate key', (line: string) => line.replace('{"data"', '{"data":{},"data"')],
    ['white space', (line: string) => line.replace(',', ', ')],
    ['an escape that is not needed', (line: string) => line.replace('ROLE', '\\u0052OLE')],
    ['another order of keys', (line: string) => line.replace('{', '{"v":1,').replace(',"v":1}', '}')],
    ['a number in another spelling', (line: string) => line.replace('"v":1}', '"v":1.0}')],
    ['a byte order mark', (line: string) => `\ufeff${line}`],
    ['a carriage return', (line: string) => `${line}\r`],
  ])('%s', async (_, edit) => {
    const report = await withLine(edit, sample.keys.governance);
    const first = report.problems.find((p) => p.where === 'log/entries.jsonl:3');
    expect(first).toMatchObject({ code: 'bad_entry', verdict: 'integrity' });
    expect(first?.message).toMatch(/not canonical JSON/);
  });
});
