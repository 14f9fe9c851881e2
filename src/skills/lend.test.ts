import { describe, expect, test } from 'vitest';
import { parseFromWindow, parseToWindow, type FromWindow, type ToWindow } from './lend';

describe('between a window and its supervisor', () => {
  const toWindow: ToWindow[] = [{ type: 'ready' }, { type: 'spawn', name: 'a' }, { type: 'end', name: 'a' }];
  test.each(toWindow)('the window hears $type', (message) => {
    expect(parseToWindow(message)).toEqual(message);
  });

  const fromWindow: FromWindow[] = [{ type: 'connect' }, { type: 'lost', name: 'a', message: 'b' }];
  test.each(fromWindow)('the supervisor hears $type', (message) => {
    expect(parseFromWindow(message)).toEqual(message);
  });

  const strange = [
    null,
    undefined,
    7,
    'ready',
    [],
    {},
    { type: 'spawn' },
    { type: 'end', name: 1 },
    { type: 'lost', name: 'a' },
  ];
  test.each(strange)('neither hears %j', (message) => {
    expect(parseToWindow(message)).toBeUndefined();
    expect(parseFromWindow(message)).toBeUndefined();
  });
});
