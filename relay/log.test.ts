import { expect, test } from 'vitest';
import { codeOf, createLog, LEVELS, type Level } from './log';

function logged(level: Level, identities: boolean): string[] {
  const lines: string[] = [];
  const log = createLog({ level, identities, write: (line) => lines.push(line), now: () => 0 });
  for (const one of LEVELS) log(one, 'happened', { count: 1 }, { peer: '12D3KooW', address: '192.0.2.1' });
  return lines;
}

test('one JSON object a line, without who unless that is asked for', () => {
  expect(logged('error', false)).toEqual([
    '{"time":"1970-01-01T00:00:00.000Z","level":"error","event":"happened","count":1}\n',
  ]);
  expect(JSON.parse(logged('error', true)[0]!)).toMatchObject({ peer: '12D3KooW', address: '192.0.2.1' });
});

test('what is below the level is left out', () => {
  expect(LEVELS.map((level) => logged(level, false).length)).toEqual([4, 3, 2, 1]);
});

test('a line stays one line, whatever is told', () => {
  const lines: string[] = [];
  createLog({ level: 'info', identities: false, write: (line) => lines.push(line), now: () => 0 })('info', 'happened', {
    text: 'a\n{"level":"error"}\u2028',
  });
  expect(lines.join('').split('\n')).toHaveLength(2);
});

test('of an error from outside only its kind is said', () => {
  expect(codeOf(Object.assign(new Error('connect 192.0.2.1'), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED');
  expect(codeOf(new TypeError('192.0.2.1'))).toBe('TypeError');
  expect(codeOf('192.0.2.1')).toBe('error');
});
