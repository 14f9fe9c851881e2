import { beforeAll, describe, expect, test } from 'vitest';
import { openBundled, type Bundled } from './testkit';
import { fromUtf8, sha256Text } from '../src/crypto';
import { LIMITS } from '../src/protocol/limits';
import { add, checklistOf, remove, rename, tick } from '../src/ui/lib/checklist';
import { ippc, inMicro } from '../src/ui/lib/format';
import { readAnswer, SHOWN_ROWS } from '../src/ui/lib/skill-answer';
import { formOf, nothingGiven } from '../src/ui/lib/skill-forms';
import type { Given } from '../src/ui/lib/skill-given';

let bundled: Bundled;
beforeAll(async () => {
  bundled = await openBundled();
});

const blank = (skill: string): Given => nothingGiven(formOf(skill, true), new Date());
/** What the skill itself answers to what its form was filled in with. */
const answer = async (skill: string, given: Given): Promise<string> =>
  fromUtf8(bundled.run(skill, await formOf(skill, true).input(given)));
/** With its example. */
function exemplary(skill: string): Given {
  const given = blank(skill);
  Object.assign(given.text, formOf(skill, true).example);
  return given;
}

describe('each form makes what its skill takes', () => {
  test('text-diff', async () => {
    const diff = await answer('text-diff', exemplary('text-diff'));
    expect(diff).toBe('--- before\n+++ after\n@@ -1,3 +1,4 @@\n milk\n-bread\n+rye bread\n eggs\n+butter\n');
  });

  test('json-diff', async () => {
    const patch = JSON.parse(await answer('json-diff', exemplary('json-diff'))) as unknown;
    expect(patch).toEqual([
      { op: 'add', path: '/hosts/1', value: 'c' },
      { op: 'replace', path: '/port', value: 443 },
    ]);
  });

  test('json-diff says which side is not JSON', async () => {
    const given = exemplary('json-diff');
    given.text['after'] = '{';
    await expect(answer('json-diff', given)).rejects.toMatchObject({
      code: 'bad_input',
      message: expect.stringMatching(/^“After” is not JSON/) as string,
    });
  });

  test('csv-query, of CSV and of JSON, as a table', async () => {
    const given = exemplary('csv-query');
    const { table } = readAnswer(await answer('csv-query', given), true);
    expect(table).toEqual({
      columns: ['region', 'sales', 'total'],
      rows: [
        ['north', '2', '220'],
        ['south', '1', '80'],
      ],
      more: 0,
    });
    given.text = { data: '[{"a":1},{"a":null}]', query: 'select a where a is missing' };
    expect(readAnswer(await answer('csv-query', given), true).table?.rows).toEqual([['']]);
    given.text['query'] = 'select';
    expect(readAnswer(await answer('csv-query', given), true).refusal).toMatch(/./);
    given.file = { data: new File(['a;b\n1;2\n'], 'a.csv') };
    given.text = { separator: ';', output: 'csv' };
    expect(await answer('csv-query', given)).toBe('a,b\r\n1,2\r\n');
  });

  test('redact, all kinds and some', async () => {
    const given = exemplary('redact');
    const all = JSON.parse(await answer('redact', given)) as { text: string };
    expect(all.text).toBe('Write to [EMAIL_1] or call [PHONE_1]. The server is [IP_1].\n');
    given.ticks['kinds'] = ['ip'];
    given.text['style'] = 'mask';
    expect(await answer('redact', given)).toContain('ada@example.org');
  });

  test('checklist: begun as text, gone on with by ticks', async () => {
    const given = exemplary('checklist');
    given.checklist = checklistOf(await answer('checklist', given))!;
    expect(given.checklist.items).toEqual([
      { text: 'Pack', done: false },
      { text: 'Book the ferry', done: true },
    ]);
    tick(given.checklist, 0);
    tick(given.checklist, 1);
    add(given.checklist, 'Go');
    remove(given.checklist, 1);
    rename(given.checklist, 'Away');
    const { title, items } = given.checklist;
    expect(checklistOf(await answer('checklist', given))).toMatchObject({ title, items, changes: [] });
  });

  test('checklist: begun with nothing but an item', async () => {
    const given = blank('checklist');
    add(given.checklist, 'Pack');
    expect(checklistOf(await answer('checklist', given))?.items).toEqual([{ text: 'Pack', done: false }]);
  });

  test('reminder, with every rule that is offered', async () => {
    const given = blank('reminder');
    const rules = ['', 'FREQ=DAILY', 'FREQ=WEEKLY', 'FREQ=MONTHLY', 'FREQ=YEARLY'];
    given.reminders = rules.map((repeat) => ({ name: repeat, start: '2020-01-06T09:00', repeat, rule: '' }));
    given.reminders.push({ name: 'own', start: '2020-01-31T09:00', repeat: 'custom', rule: 'FREQ=MONTHLY;BYDAY=-1FR' });
    given.reminders.push({
      name: 'work',
      start: '2020-01-06T09:00',
      repeat: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR',
      rule: '',
    });
    const { reminders } = JSON.parse(await answer('reminder', given)) as { reminders: { next: string[] }[] };
    expect(reminders.map(({ next }) => next.length)).toEqual([0, 5, 5, 5, 5, 5, 5]);
    given.reminders = [{ name: 'Tea', start: '', repeat: '', rule: '' }];
    expect(() => formOf('reminder', true).input(given)).toThrow('Tea has no start');
  });

  test('notarise', async () => {
    const given = blank('notarise');
    await expect(answer('notarise', given)).rejects.toMatchObject({ code: 'bad_input' });
    given.file['file'] = new File(['Dear Ada'], 'letter.txt');
    given.text['note'] = 'as sent';
    expect(JSON.parse(await answer('notarise', given))).toEqual({
      v: 1,
      kind: 'notarisation',
      name: 'letter.txt',
      note: 'as sent',
      bytes: 8,
      sha256: sha256Text('Dear Ada'),
    });
  });

  test('javascript, with input that is JSON and that is none', async () => {
    const given = exemplary('javascript');
    expect(await answer('javascript', given)).toBe('[["the",3],["and",2],["cat",1],["dog",1],["bird",1]]');
    given.text = { script: 'input[0] + 1', input: '[41]' };
    expect(await answer('javascript', given)).toBe('42');
  });

  test('any other takes bytes as they are, and no more than a skill takes', async () => {
    const given = blank('hash-file');
    given.file['input'] = new File([new Uint8Array([0xff, 0])], 'a.bin');
    expect(JSON.parse(await answer('hash-file', given))).toMatchObject({ bytes: 2 });
    Object.defineProperty(given.file['input'], 'size', { value: LIMITS.skillInputBytes + 1 });
    await expect(answer('hash-file', given)).rejects.toMatchObject({ code: 'input_too_large' });
    expect(formOf('text-diff', false)).toBe(formOf('hash-file', true));
    expect(formOf('constructor', true)).toBe(formOf('hash-file', true));
  });
});

describe('an answer', () => {
  test('is shown as it is where a number would be lost', () => {
    expect(readAnswer('{"a":12345678901234567890}', false).shown).toBe('{"a":12345678901234567890}');
    expect(readAnswer('{"a":[1]}', false).shown).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect(readAnswer('42', true)).toEqual({ shown: '42', kind: 'text' });
  });
  test('of many rows shows some', () => {
    const rows = Array.from({ length: SHOWN_ROWS + 7 }, (_, i) => [i]);
    const { table } = readAnswer(JSON.stringify({ columns: ['n'], rows }), true);
    expect([table?.rows.length, table?.more]).toEqual([SHOWN_ROWS, 7]);
  });
});

test('prices', () => {
  expect([1, 1_500_000, 5_000_000_000].map(ippc)).toEqual(['0.000001 IPPC', '1.5 IPPC', '5,000 IPPC']);
  expect([undefined, null, 0, 0.5, 0.000001].map(inMicro)).toEqual([undefined, undefined, 0, 500_000, 1]);
});
