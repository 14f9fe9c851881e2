import type { Json } from '../../protocol/json';
import { emptyChecklist } from './checklist';
import { newReminder, remindersInput } from './reminders';
import { badInput, bytesOf, jsonOf, textOf, type Given } from './skill-given';

type Options = readonly (readonly [value: string, words: string])[];

/** One thing that a form asks for. */
export type Field =
  /** Text or a file in its place. */
  | { kind: 'source'; name: string; label: string; rows?: number; accept?: string }
  | { kind: 'file'; name: string; label: string }
  | { kind: 'line'; name: string; label: string; hint?: string; mono?: boolean; rows?: number }
  | { kind: 'choice'; name: string; label: string; options: Options }
  | { kind: 'ticks'; name: string; label: string; options: Options }
  | { kind: 'script'; name: string; label: string }
  | { kind: 'checklist' | 'reminders'; name: string; label: string };

/** How a person gives a skill its input, and how the answer is shown. */
export interface SkillForm {
  fields: readonly Field[];
  /** Fills the texts by a click. */
  example?: Readonly<Record<string, string>>;
  help?: { title: string; text: string };
  /** @throws SovereignError for what cannot be its input */
  input(given: Given): Promise<Uint8Array>;
  /** `proof`: what it states is worth having with the log's proof. `table`: columns and rows. `checklist`: goes on in the form. */
  answer?: 'proof' | 'table' | 'checklist';
}

const ANY: SkillForm = {
  fields: [{ kind: 'source', name: 'input', label: 'Input' }],
  input: (given) => bytesOf(given, 'input'),
};

const KINDS: Options = [
  ['email', 'E-mail addresses'],
  ['phone', 'Phone numbers'],
  ['iban', 'Bank accounts (IBAN)'],
  ['card', 'Payment cards'],
  ['ip', 'IP addresses'],
];

const QUERY_HELP = `select region, sum(amount) as total
where year = 2009 and not region is missing
group by region
order by total desc
limit 10

Every part may be left out. Select: *, columns, count(*), and
count, sum, min, max or mean of a column.
Where: = != < <= > >= contains, "is missing", and, or, not, ( ).
Text stands in 'single quotes', a column that is no plain word
in "double quotes".`;

const SCRIPT = `// The ten most common words of the input.
const counts = new Map();
for (const word of input.toLowerCase().match(/\\p{L}+/gu) ?? []) {
  counts.set(word, (counts.get(word) ?? 0) + 1);
}
[...counts].sort((a, b) => b[1] - a[1]).slice(0, 10);
`;

const FORMS: Readonly<Record<string, SkillForm>> = {
  'text-diff': {
    fields: [
      { kind: 'source', name: 'before', label: 'Before' },
      { kind: 'source', name: 'after', label: 'After' },
      {
        kind: 'choice',
        name: 'output',
        label: 'Answer as',
        options: [
          ['unified', 'A unified diff, to read or to patch with'],
          ['json', 'JSON'],
        ],
      },
    ],
    example: { before: 'milk\nbread\neggs\n', after: 'milk\nrye bread\neggs\nbutter\n' },
    input: async (given) =>
      json({
        before: await textOf(given, 'before'),
        after: await textOf(given, 'after'),
        output: given.text['output'] ?? 'unified',
        before_name: given.file['before']?.name ?? 'before',
        after_name: given.file['after']?.name ?? 'after',
      }),
  },
  'json-diff': {
    fields: [
      { kind: 'source', name: 'before', label: 'Before', accept: '.json,application/json' },
      { kind: 'source', name: 'after', label: 'After', accept: '.json,application/json' },
    ],
    example: { before: '{"port": 80, "hosts": ["a", "b"]}', after: '{"port": 443, "hosts": ["a", "c", "b"]}' },
    input: async (given) =>
      json({ before: await jsonOf(given, 'before', 'Before'), after: await jsonOf(given, 'after', 'After') }),
  },
  'csv-query': {
    fields: [
      { kind: 'source', name: 'data', label: 'Table', accept: '.csv,.tsv,.json,text/csv' },
      { kind: 'line', name: 'query', label: 'Query', hint: 'Left empty, it answers all rows.', mono: true, rows: 3 },
      {
        kind: 'choice',
        name: 'separator',
        label: 'Columns are separated by',
        options: [
          [',', 'a comma'],
          [';', 'a semicolon'],
          ['\t', 'a tab'],
        ],
      },
      {
        kind: 'choice',
        name: 'output',
        label: 'Answer as',
        options: [
          ['json', 'a table'],
          ['csv', 'CSV'],
        ],
      },
    ],
    help: { title: 'How to ask', text: QUERY_HELP },
    example: {
      data: 'region,month,amount\nnorth,1,120.5\nsouth,1,80\nnorth,2,99.5\nsouth,2,NA\n',
      query: 'select region, count(amount) as sales, sum(amount) as total group by region order by total desc',
    },
    answer: 'table',
    input: async (given) => {
      const data = await textOf(given, 'data');
      const { query = '', separator = ',', output = 'json' } = given.text;
      return json({
        data: /^\s*\[/.test(data) ? await jsonOf(given, 'data', 'Table') : data,
        query,
        separator,
        output,
      });
    },
  },
  redact: {
    fields: [
      { kind: 'source', name: 'text', label: 'Text', rows: 8 },
      { kind: 'ticks', name: 'kinds', label: 'Cover', options: KINDS },
      {
        kind: 'choice',
        name: 'style',
        label: 'Cover with',
        options: [
          ['token', 'a name, like [EMAIL_1]'],
          ['mask', 'asterisks'],
        ],
      },
    ],
    example: { text: 'Write to ada@example.org or call +44 20 7946 0123. The server is 192.0.2.7.\n' },
    input: async (given) => {
      const kinds = given.ticks['kinds'] ?? KINDS.map(([kind]) => kind);
      return json({ text: await textOf(given, 'text'), kinds, style: given.text['style'] ?? 'token' });
    },
  },
  checklist: {
    fields: [{ kind: 'checklist', name: 'list', label: 'A list to go on with (Markdown)' }],
    example: { list: '# Trip\n\n- [ ] Pack\n- [x] Book the ferry\n' },
    answer: 'checklist',
    input: async (given) => {
      const { answer, changes } = given.checklist;
      return json({ list: answer ?? (await textOf(given, 'list')), do: changes });
    },
  },
  reminder: {
    fields: [{ kind: 'reminders', name: 'reminders', label: 'Reminders' }],
    input: (given) => Promise.resolve(json(remindersInput(given.reminders, new Date()))),
  },
  notarise: {
    fields: [
      { kind: 'file', name: 'file', label: 'Choose the file to notarise' },
      { kind: 'line', name: 'note', label: 'Note', hint: 'It is part of the statement, for all to read.' },
    ],
    answer: 'proof',
    input: async (given) => {
      const file = given.file['file'];
      if (!file) throw badInput('There is no file to notarise.', 'Choose one.');
      const { note = '' } = given.text;
      const head = json({ name: file.name, ...(note === '' ? {} : { note }) });
      const content = await bytesOf(given, 'file');
      const input = new Uint8Array(head.length + 1 + content.length);
      input.set(head);
      input[head.length] = 0x0a;
      input.set(content, head.length + 1);
      return input;
    },
  },
  javascript: {
    fields: [
      { kind: 'script', name: 'script', label: 'Script' },
      { kind: 'source', name: 'input', label: 'Input', rows: 3 },
    ],
    help: {
      title: 'What a script can do',
      text: `The input is there as "input": JSON where it is JSON, else a text.
The last value is the answer; a function is called with the input,
a promise is waited for. Text is answered as it is, bytes as bytes,
anything else as JSON.
There is no network, file, module or timer. Date and Math.random
are the run's own, so that the same run gives the same answer.`,
    },
    example: { script: SCRIPT, input: 'the cat and the dog and the bird' },
    input: async (given) => {
      const text = await textOf(given, 'input');
      return json({ script: given.text['script'] ?? '', input: jsonOrText(text) });
    },
  },
};

/** How each skill of the build is filled in; any other takes text or a file. By name, and only for the build's own. */
export const formOf = (name: string, bundled: boolean): SkillForm =>
  (bundled && Object.hasOwn(FORMS, name) ? FORMS[name] : undefined) ?? ANY;

export const nothingGiven = (form: SkillForm, now: Date): Given => ({
  text: {},
  file: {},
  ticks: Object.fromEntries(
    form.fields.flatMap((field) =>
      field.kind === 'ticks' ? [[field.name, field.options.map(([value]) => value)]] : [],
    ),
  ),
  checklist: emptyChecklist(),
  reminders: [newReminder(now)],
});

const json = (value: Json | object): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

function jsonOrText(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
