import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { utf8 } from '../crypto';
import { makeTsa, type TestTsa } from '../crypto/testkit';
import { timestampFile, type BundleFile } from '../protocol/bundle';
import { memoryReader, verifyBundle, type Report, type VerifyOptions } from '.';
import { put, resum, textOf } from './testing/forge';
import { makeSample, type Sample } from './testing/sample';

let sample: Sample;
let size: number;
let rsa: TestTsa;
let ec: TestTsa;
/** The bundle with a token over its checkpoint. */
let stamped: BundleFile[];
beforeAll(async () => {
  sample = await makeSample(cedar);
  size = Number(textOf(sample.files, 'log/checkpoint').split('\n')[1]);
  [rsa, ec] = [makeTsa('rsa'), makeTsa('P-384')];
  stamped = await withToken(size, rsa.stamp(body()));
});
afterAll(() => {
  rsa.remove();
  ec.remove();
});

const body = (): Uint8Array => utf8(textOf(sample.files, 'log/checkpoint.body'));
const olderBody = (): Uint8Array => utf8(`${textOf(sample.files, 'log/checkpoint.old').split('\n\n')[0]!}\n`);
const withToken = (of: number, token: Uint8Array): Promise<BundleFile[]> =>
  resum(put(sample.files, timestampFile(of), token), sample.keys.governance);
const judge = (files: readonly BundleFile[], options: VerifyOptions = {}): Promise<Report> =>
  verifyBundle(memoryReader(files), { governanceKey: sample.keys.governance.publicKey, ...options });
const codes = (report: Report): string[] => report.problems.map(({ verdict, code }) => `${verdict} ${code}`);

describe('a timestamp token in a bundle', () => {
  test('over its checkpoint, by the pinned authority: all entries have a bound in time', async () => {
    const report = await judge(stamped, { tsa: utf8(rsa.pem) });
    expect(report.problems).toEqual([]);
    expect(report.verdicts).toMatchObject({ integrity: 'pass', authenticity: 'pass', time: 'pass' });
    expect(report.reasons.time).toMatch(/^All 22 entries existed by 20.*Z: the time-stamping authority says so\.$/);
  });

  test('over its older checkpoint: only so many have one', async () => {
    const files = await withToken(1, ec.stamp(olderBody(), { token: true }));
    const report = await judge(files, { tsa: utf8(ec.pem) });
    expect(report.problems).toEqual([]);
    expect(report.verdicts.time).toBe('unknown');
    expect(report.reasons.time).toMatch(/^Only the first 1 entries have a bound: they existed by 20/);
  });

  test('without a pinned authority changes no verdict, and the reason says why', async () => {
    const [with_, without] = [await judge(stamped), await judge(sample.files)];
    expect(with_.verdicts).toEqual(without.verdicts);
    expect(with_.verdicts.time).toBe('unknown');
    expect(with_.reasons.time).toContain('no certificate of its authority');
    expect((await judge(sample.files, { tsa: utf8(rsa.pem) })).verdicts.time).toBe('unknown');
  });

  test('of another authority than the pinned one proves nothing', async () => {
    const report = await judge(stamped, { tsa: utf8(ec.pem) });
    expect(codes(report)).toEqual(['time bad_timestamp']);
    expect(report.verdicts).toMatchObject({ integrity: 'pass', time: 'fail' });
  });

  test('whose signature was changed proves nothing', async () => {
    const token = rsa.stamp(body(), { token: true });
    token[token.length - 1]! ^= 1;
    const report = await judge(await withToken(size, token), { tsa: utf8(rsa.pem) });
    expect(codes(report)).toEqual(['time bad_timestamp']);
    expect(report.reasons.time).toContain('its signature does not hold');
  });

  test.each([
    ['of another text', () => withToken(size, rsa.stamp(utf8('x'))), 'integrity wrong_timestamp'],
    ['that is none', () => withToken(size, utf8('x')), 'integrity bad_timestamp'],
    [
      'of the older checkpoint, at the size of the other',
      () => withToken(size, rsa.stamp(olderBody())),
      'integrity wrong_timestamp',
    ],
    ['of a size that has no checkpoint', () => withToken(7, rsa.stamp(body())), 'integrity unknown_file'],
  ])('%s is refused, whoever is pinned', async (_, make, code) => {
    const files = await make();
    expect(codes(await judge(files))).toEqual([code]);
    expect(codes(await judge(files, { tsa: utf8(rsa.pem) }))).toEqual([code]);
  });

  test('no other file stands beside it', async () => {
    const files = await resum(put(stamped, 'time/readme.txt', 'x'), sample.keys.governance);
    expect(codes(await judge(files))).toEqual(['integrity unknown_file']);
  });

  test('an entry that is later than the token is not believed', async () => {
    const keys = sample.keys;
    const late = await makeSample(cedar, { keys, start: '2126-01-02T03:04:05.678Z' });
    const token = rsa.stamp(utf8(textOf(late.files, 'log/checkpoint.body')));
    const files = await resum(put(late.files, timestampFile(size), token), keys.governance);
    const report = await judge(files, { tsa: utf8(rsa.pem) });
    expect(codes(report)).toEqual(['time later_than_seen']);
    expect(report.verdicts).toMatchObject({ integrity: 'pass', time: 'fail' });
  });

  test('a certificate that is none is an error of who gave it', async () => {
    await expect(judge(stamped, { tsa: utf8('noise') })).rejects.toMatchObject({ code: 'bad_tsa' });
  });
});
