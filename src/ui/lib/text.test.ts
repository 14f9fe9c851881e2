import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RunStatus, StageStatus } from '../../pipeline/types';
import { stageChanges } from './announce';
import { arrowTarget, blockTone } from './chain';
import { decisionOf } from './decisions';
import { diffLines } from './diff';
import { gist, typeWords } from './events';
import { ago, bytes, count, duration, shortHash } from './format';
import { KeySequence, SEQUENCE_MS } from './keys';
import { countLines, offsetOf, problemsByLine } from './lines';
import { positionsToAsk, splitPhrase } from './phrase';
import { parseRoute, routeTo, SCREENS } from './route';
import { searchCommands } from './search';

describe('routes', () => {
  test('every place survives the address bar', () => {
    const rest = fc.array(fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }), { maxLength: 3 });
    fc.assert(
      fc.property(fc.constantFrom(...SCREENS.filter((s) => s !== 'home')), rest, (screen, parts) => {
        expect(parseRoute(routeTo(screen, ...parts))).toEqual({ screen, rest: parts });
      }),
    );
  });
  test('anything at all is read without throwing', () => {
    fc.assert(
      fc.property(fc.string(), (hash) => {
        expect(parseRoute(`#${hash}`).rest).toBeInstanceOf(Array);
      }),
    );
    expect(parseRoute('#/%E0%A4%A')).toEqual({ screen: 'unknown', rest: ['%E0%A4%A'] });
    expect(parseRoute('')).toEqual({ screen: 'home', rest: [] });
  });
});

describe('numbers and times', () => {
  test('sizes', () =>
    expect([0, 999, 1000, 41_234, 11e9].map(bytes)).toEqual(['0 B', '999 B', '1.0 kB', '41 kB', '11 GB']));
  test('durations', () =>
    expect([0.2, 26, 1300, 30_000, 125_000, 7_260_000, 90_000_000].map(duration)).toEqual([
      '<1 ms',
      '26 ms',
      '1.3 s',
      '30 s',
      '2 min 5 s',
      '2 h 1 min',
      '1 d 1 h',
    ]));
  test('relative times, also of a clock that jumped back', () => {
    expect(ago(0, 59_000)).toBe('just now');
    expect(ago(0, 180_000)).toBe('3 minutes ago');
    expect(ago(6 * 86_400_000, 0)).toBe('in 6 days');
  });
  test('counts and short hashes', () => {
    expect(count(1, 'entry', 'entries')).toBe('1 entry');
    expect(count(12_000, 'entry', 'entries')).toBe('12,000 entries');
    expect(shortHash('abcdef0123456789')).toBe('abcd…6789');
  });
});

describe('lines of a document', () => {
  test('an offset is where a text says that line and column are', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b', '\n') }), fc.nat(9), fc.nat(9), (text, line, column) => {
        const at = offsetOf(text, line, column);
        expect(at).toBeGreaterThanOrEqual(0);
        expect(at).toBeLessThanOrEqual(text.length);
        const before = text.slice(0, at).split('\n');
        if (line >= 1 && line <= countLines(text)) expect(before.length).toBe(line);
      }),
    );
    expect(offsetOf('ab\ncd', 2, 2)).toBe(4);
  });
  test('two problems on a line share its mark', () => {
    const marks = problemsByLine([
      { line: 2, column: 1, message: 'a' },
      { line: 2, column: 5, message: 'b' },
    ]);
    expect([...marks]).toEqual([[2, 'a; b']]);
  });
});

test('a diff gives back both texts', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 }).map((lines) => lines.join('\n'));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = diffLines(before, after);
      const keep = (not: string) =>
        lines
          .filter(({ kind }) => kind !== not)
          .map((line) => line.text)
          .join('\n');
      expect(keep('added')).toBe(before);
      expect(keep('removed')).toBe(after);
      if (before === after) expect(lines.every(({ kind }) => kind === 'same')).toBe(true);
    }),
  );
});

describe('keyboard', () => {
  const press = (key: string, more = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, ...more });
  test('sequences, single keys and modifiers', () => {
    const keys = new KeySequence(['g h', '?', 't', 'mod+k']);
    expect(keys.press(press('g'), 0, false)).toBeUndefined();
    expect(keys.press(press('h'), 100, false)).toBe('g h');
    expect(keys.press(press('?'), 200, false)).toBe('?');
    expect(keys.press(press('k', { ctrlKey: true }), 300, true)).toBe('mod+k');
  });
  test('not while typing, and not after a pause', () => {
    const keys = new KeySequence(['g h', 't']);
    expect(keys.press(press('t'), 0, true)).toBeUndefined();
    keys.press(press('g'), 0, false);
    expect(keys.press(press('h'), SEQUENCE_MS + 1, false)).toBeUndefined();
    expect(keys.press(press('t', { altKey: true }), 0, false)).toBeUndefined();
  });
  test('the palette finds by words in any order', () => {
    const commands = [{ title: 'Go to Audit' }, { title: 'Verify the log now' }];
    expect(searchCommands(commands, 'LOG ver')).toEqual([commands[1]]);
    expect(searchCommands(commands, '')).toEqual(commands);
  });
  test('arrows along the chain stop at its ends', () => {
    expect(arrowTarget('ArrowLeft', [3, 4, 5], 4)).toBe(3);
    expect(arrowTarget('ArrowRight', [3, 4, 5], 5)).toBeUndefined();
    expect(arrowTarget('End', [3, 4, 5], undefined)).toBe(5);
    expect(arrowTarget('x', [3, 4, 5], 4)).toBeUndefined();
  });
});

describe('recovery phrase', () => {
  test('forgives how it was typed', () =>
    expect(splitPhrase(' 1. Soul, 2) husband\n3 pizza')).toEqual(['soul', 'husband', 'pizza']));
  test('asks for three different words', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })), (stream) => {
        const asked = positionsToAsk(() => stream.next().value as number);
        expect(new Set(asked).size).toBe(3);
        expect(asked.every((position) => position >= 0 && position < 24)).toBe(true);
        expect(asked).toEqual([...asked].sort((a, b) => a - b));
      }),
    );
  });
});

describe('log entries in words', () => {
  const view = (data: object) =>
    ({
      entry: { v: 1, seq: 9, ts: 't', type: 'APPROVAL_DECIDED', severity: 'INFO', prev: '', data },
      line: '',
      hash: '',
    }) as never;
  test('what was done, to what', () => {
    expect(gist({ data: { order: { action: 'run_stage', resource: { type: 'Stage', id: 'model_training' } } } })).toBe(
      'run stage, model_training',
    );
    expect(gist({ data: { authorized_seq: 4, order_id: 'x' } })).toBe('of entry 4');
    expect(gist({ data: {} })).toBe('');
  });
  test('types read as words', () => expect(typeWords('STAGE_COMPLETED')).toBe('Stage completed'));
  test('a decision that does not say yes is a refusal', () => {
    expect(decisionOf(view({ approval: { verdict: 'yes' } })).verdict).toBe('yes');
    for (const data of [{ approval: { verdict: 'YES' } }, { approval: 'yes' }, {}])
      expect(decisionOf(view(data)).verdict).toBe('no');
  });
  test('trouble stands out in the chain', () => {
    expect(blockTone({ type: 'EXECUTION_BLOCKED', severity: 'WARNING' })).toBe('warning');
    expect(blockTone({ type: 'STAGE_COMPLETED', severity: 'INFO' })).toBe('good');
    expect(blockTone({ type: 'STAGE_STARTED', severity: 'INFO' })).toBe('plain');
  });
});

test('stage changes are told once', () => {
  const stage = (name: string, state: StageStatus['state']): StageStatus => ({
    name,
    type: 'promotion',
    needs: [],
    state,
    artifacts: [],
  });
  const run = (state: RunStatus['state'], ...stages: StageStatus[]): RunStatus => ({
    id: 'r',
    pipeline: 'p',
    version: '1',
    pipelineSha256: '',
    datasets: {},
    state,
    startedAt: 't',
    stages,
  });
  const before = run('running', stage('a', 'running'), stage('b', 'waiting'));
  expect(stageChanges(undefined, before)).toEqual(['Stage a is running.']);
  expect(stageChanges(before, before)).toEqual([]);
  expect(stageChanges(before, run('completed', stage('a', 'completed'), stage('b', 'completed')))).toEqual([
    'Stage a is done.',
    'Stage b is done.',
    'Run of p completed.',
  ]);
});
