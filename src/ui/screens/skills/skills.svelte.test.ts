import type { Component } from 'svelte';
import { describe, expect, test } from 'vitest';
import { render } from 'vitest-browser-svelte';
import type { LinkView, PackageView, SkillRunResult } from '../../../protocol/messages';
import { realApp } from '../../testing/bed';
import Bed from '../../testing/Bed.svelte';
import Answer from './Answer.svelte';
import Offers from './Offers.svelte';
import Package from './Package.svelte';
import Try from './Try.svelte';

const app = realApp();
const show = <P extends Record<string, unknown>>(of: Component<P>, props: P) =>
  render(Bed as unknown as Component<{ app: typeof app; of: Component<P>; with: P }>, { app, of, with: props });

const KEY = 'ab'.repeat(32);
const author = { key: KEY, words: 'connect black devote slight', trusted: false, revoked: null, skills: [] };
const found: PackageView = {
  manifest: {
    v: 1,
    name: 'weather',
    version: '2.0.0',
    title: 'Weather',
    description: 'Says what the weather is like.',
    abi: 'raw',
    sha256: KEY,
    bytes: 2048,
    capabilities: [{ grant: 'http.fetch:api.example.org', why: 'That is where the forecast is.' }],
    limits: { memoryPages: 16, wallMs: 1000, outputBytes: 1000, gas: 1_000_000, hostCalls: 10, hostBytes: 1000 },
    licence: 'MIT',
    input: 'A place.',
    output: 'A sentence.',
    author: KEY,
    signature: '',
  },
  manifest_sha256: KEY,
  author,
  from: '1.0.0',
  gained: ['http.fetch:api.example.org'],
  lost: ['mesh.send'],
  refused: null,
};
const ondone = (): void => undefined;

describe('a package', () => {
  test('says by whom, what it may do and what is new, before it is upgraded', async () => {
    const screen = await show(Package, { found, ondone });
    await expect.element(screen.getByText('Do you know this author?')).toBeVisible();
    await expect.element(screen.getByText('May fetch from api.example.org')).toBeVisible();
    await expect.element(screen.getByText('new', { exact: true })).toBeVisible();
    await expect.element(screen.getByText(/No longer: send messages/)).toBeVisible();
    await expect.element(screen.getByRole('button', { name: 'Upgrade to 2.0.0' })).toBeVisible();
  });

  test('of a trusted author is a question only while it gets something new', async () => {
    const screen = await show(Package, { found: { ...found, author: { ...author, trusted: true } }, ondone });
    await expect.element(screen.getByText(/keep this for your approval/)).toBeVisible();
    await screen.getByRole('checkbox').click();
    await expect.element(screen.getByText(/keep this for your approval/)).not.toBeInTheDocument();
  });

  test('that cannot be installed says why, and offers no button', async () => {
    const refused = { code: 'name_taken', message: 'The name is another author’s.', advice: 'Ask for another name.' };
    const screen = await show(Package, { found: { ...found, refused }, ondone });
    await expect.element(screen.getByText('Ask for another name.')).toBeVisible();
    await expect.element(screen.getByRole('button', { name: /Upgrade/ })).not.toBeInTheDocument();
  });
});

describe('an index', () => {
  const { manifest } = found;
  const offer = { ...manifest, manifest_sha256: KEY, link: 'https://a.org/x.json', revoked: null, installed: false };
  const index: Extract<LinkView, { kind: 'index' }> = {
    kind: 'index',
    title: 'Ada’s',
    publisher: author,
    number: 1,
    skills: [offer],
  };

  test('offers what can be looked at, and says what was taken back', async () => {
    const chosen: string[] = [];
    const onchoose = (link: string): void => void chosen.push(link);
    const gone = { ...offer, manifest_sha256: 'cd'.repeat(32), version: '1.0.0', revoked: 'It leaks.' };
    const screen = await show(Offers, { index: { ...index, skills: [offer, gone] }, busy: false, onchoose });
    await screen.getByRole('button', { name: 'Look at weather 2.0.0' }).click();
    expect(chosen).toEqual(['https://a.org/x.json']);
    await expect.element(screen.getByText('It leaks.')).toBeVisible();
    await expect.element(screen.getByRole('button', { name: 'Look at weather 1.0.0' })).not.toBeInTheDocument();
  });

  test('without skills says so', async () => {
    const screen = await show(Offers, { index: { ...index, skills: [] }, busy: false, onchoose: ondone });
    await expect.element(screen.getByText('Nothing is offered')).toBeVisible();
  });
});

describe('the answer of a run', () => {
  const result: SkillRunResult = {
    outcome: 'ok',
    text: '{"a":[1]}',
    output_sha256: KEY,
    output_bytes: 9,
    used: { gas: 1_000_000, price: 50_000, host_calls: 0, host_bytes: 0, memory_sha256: KEY },
    ms: 12,
    order_id: 'ab'.repeat(16),
    seq: 7,
  };
  const answer = (over: Partial<SkillRunResult>, shows?: 'table') =>
    show(Answer, { name: 'weather', result: { ...result, ...over }, shows });

  test('is read: the outcome, the entry, gas and price, the output laid out', async () => {
    const screen = await answer({});
    await expect.element(screen.getByText('Done', { exact: true })).toBeVisible();
    await expect.element(screen.getByRole('link', { name: 'log entry 7' })).toBeVisible();
    await expect.element(screen.getByText('1,000,000 gas, 0.05 IPPC')).toBeVisible();
    await expect.element(screen.getByLabelText('Output', { exact: true })).toHaveTextContent('{ "a": [ 1 ] }');
    await screen.getByText('Details of this run').click();
    await expect.element(screen.getByText('Memory at its end')).toBeVisible();
  });

  test('of a table is a table', async () => {
    const screen = await answer({ text: '{"columns":["a","b"],"rows":[[1,null]]}' }, 'table');
    await expect.element(screen.getByRole('columnheader', { name: 'b' })).toBeVisible();
    await expect.element(screen.getByRole('cell', { name: '1' })).toBeVisible();
  });

  test('that says why the input was of no use says so in words', async () => {
    const screen = await answer({ text: '{"error":{"code":"bad_input","message":"there is no column x"}}' });
    await expect.element(screen.getByText('It could not use the input')).toBeVisible();
    await expect.element(screen.getByText('there is no column x')).toBeVisible();
  });

  test('of a run that its budget ended says that, and what to do', async () => {
    const { text: _t, output_sha256: _s, output_bytes: _b, ...failed } = result;
    const advice = 'Let it spend more.';
    const spent: SkillRunResult = { ...failed, outcome: 'out_of_gas', message: 'It was ended by its budget.', advice };
    const screen = await show(Answer, { name: 'weather', result: spent, shows: undefined });
    await expect.element(screen.getByText('The skill used up its gas')).toBeVisible();
    await expect.element(screen.getByText(advice)).toBeVisible();
  });
});

describe('a form', () => {
  test.each(['text-diff', 'json-diff', 'csv-query', 'redact', 'checklist', 'reminder', 'notarise', 'javascript', 'x'])(
    'of %s names each of its fields',
    async (name) => {
      const skill = { name, input: 'Anything.', limits: { wallMs: 1000 }, installed: null };
      const screen = await show(Try, { skill });
      const unnamed = [...screen.container.querySelectorAll('input, select, textarea')].filter(
        (field) => (field as HTMLInputElement).labels?.length === 0,
      );
      expect(unnamed).toEqual([]);
      // One is the budget.
      expect(screen.container.querySelectorAll('input, select, textarea').length).toBeGreaterThan(1);
    },
  );
});
