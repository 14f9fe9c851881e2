import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { beforeAll, describe, expect, test } from 'vitest';
import { formatDisclosures, hiddenBy, type Disclosure, type Opening } from '../privacy';
import { memoryReader, verifyBundle, type Report } from '.';
import { entriesOf, put, resum } from './testing/forge';
import { makeSample, type Sample } from './testing/sample';

const label: Opening = { salt: 'a'.repeat(32), value: 'Ada’s laptop' };
const note: Opening = { salt: 'b'.repeat(32), value: { said: ['yes'] } };
let sample: Sample;
let seq: number;
beforeAll(async () => {
  sample = await makeSample(cedar, {
    also: async ({ log }) => {
      await log.append({
        type: 'DEVICE_REBOUND',
        data: { label: hiddenBy(label), notes: [hiddenBy(note)], plain: 'x' },
      });
    },
  });
  seq = entriesOf(sample.files).findIndex((e) => e.type === 'DEVICE_REBOUND');
});

async function disclosing(content: readonly Disclosure[] | string): Promise<Report> {
  const bytes = typeof content === 'string' ? content : formatDisclosures(content);
  const files = await resum(put(sample.files, 'disclosed/openings.jsonl', bytes), sample.keys.governance);
  return verifyBundle(memoryReader(files), { governanceKey: sample.keys.governance.publicKey });
}
const shown = (opening: Opening, pointer: string, at = seq): Disclosure => ({ ...opening, seq: at, pointer });

describe('openings in a bundle', () => {
  test('without any the verdicts are the same: an erased field is missing from nothing', async () => {
    const report = await verifyBundle(memoryReader(sample.files), { governanceKey: sample.keys.governance.publicKey });
    expect(report.problems).toEqual([]);
    expect(report.facts.disclosed).toEqual([]);
    const { verdicts } = await disclosing([shown(label, '/data/label')]);
    expect(verdicts).toEqual(report.verdicts);
  });

  test('each is listed with what it opens', async () => {
    const report = await disclosing([shown(note, '/data/notes/0'), shown(label, '/data/label')]);
    expect(report.problems).toEqual([]);
    expect(report.facts.disclosed).toEqual([
      { seq, type: 'DEVICE_REBOUND', pointer: '/data/label', value: label.value },
      { seq, type: 'DEVICE_REBOUND', pointer: '/data/notes/0', value: note.value },
    ]);
  });

  test.each<[string, () => readonly Disclosure[] | string]>([
    ['another value', () => [shown({ ...label, value: 'Eve’s laptop' }, '/data/label')]],
    ['another salt', () => [shown({ ...label, salt: 'c'.repeat(32) }, '/data/label')]],
    ['of another field', () => [shown(label, '/data/notes/0')]],
    ['of a field that is not hidden', () => [shown(label, '/data/plain')]],
    ['of a field that is not there', () => [shown(label, '/data/none')]],
    ['of the whole entry', () => [shown(label, '')]],
    ['of an entry that is not there', () => [shown(label, '/data/label', seq + 100)]],
    ['twice', () => [shown(label, '/data/label'), shown(label, '/data/label')]],
    ['no opening', () => '{}\n'],
    ['nothing', () => ''],
    ['no line feed', () => '{"pointer":"/data/label"}'],
  ])('attack: an opening with %s', async (_, make) => {
    const report = await disclosing(make());
    expect(report.problems.map((p) => p.code)).toContain('wrong_opening');
    expect(report.verdicts.integrity).toBe('fail');
    expect(report.verdicts.authenticity).toBe('fail');
  });
});
