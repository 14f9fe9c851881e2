import { describe, expect, test } from 'vitest';
import { parseConfig } from './config';

describe('relay options', () => {
  test('without any: this machine only, the fixed port, the app beside the program', () => {
    expect(parseConfig([])).toMatchObject({ host: '127.0.0.1', port: 8787, help: false });
    expect(parseConfig([]).app).toMatch(/app$/);
  });

  test('are taken as given', () => {
    expect(parseConfig(['--port', '0', '--host', '::1', '--app', 'x'])).toEqual({
      port: 0,
      host: '::1',
      app: 'x',
      help: false,
    });
  });

  test.each([
    ['--port', '65536'],
    ['--port', '-1'],
    ['--port', '8e3'],
    ['--port'],
    ['--host', 'example.com'],
    ['--hots', 'x'],
    ['stray'],
  ])('refuses %s %s', (...args) => {
    expect(() => parseConfig(args)).toThrow(expect.objectContaining({ code: 'bad_option' }) as Error);
  });
});
