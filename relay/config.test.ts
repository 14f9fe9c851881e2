import { describe, expect, test } from 'vitest';
import { LIMITS } from '../src/protocol/limits';
import { parseConfig } from './config';
import { securityHeaders } from './headers';

describe('relay options', () => {
  test('the count of registrations is a whole number', () => {
    expect(parseConfig([]).witnessRegistrations).toBe(LIMITS.witnessRegistrations);
    expect(parseConfig(['--witness-registrations', '500']).witnessRegistrations).toBe(500);
    for (const wrong of ['0', '-1', '1.5', 'many', ''])
      expect(() => parseConfig([`--witness-registrations=${wrong}`])).toThrow(/is not a count/);
  });

  test('without any: this machine only, the fixed port, the app beside the program', () => {
    expect(parseConfig([])).toMatchObject({ host: '127.0.0.1', port: 8787, help: false });
    expect(parseConfig([]).app).toMatch(/app$/);
  });

  test('are taken as given', () => {
    const given = parseConfig(['--port', '0', '--host', '::1', '--app', 'x']);
    expect(given).toMatchObject({ port: 0, host: '::1', app: 'x', help: false, state: undefined, witnessOpen: true });
    const witness = ['--state', 's', '--witness-closed', '--witness-name', 'w.example/1', '--witness-logs', 'l'];
    const origins = ['--witness-origin', 'https://w.example', '--witness-origin', 'http://localhost:99/'];
    expect(parseConfig([...witness, ...origins])).toMatchObject({
      state: 's',
      witnessOpen: false,
      witnessName: 'w.example/1',
      witnessLogs: 'l',
      witnessOrigins: ['https://w.example', 'http://localhost:99'],
    });
  });

  test('the node’s worker alone may reach the hosts that skills may be granted', () => {
    const { skillOrigins: hosts } = parseConfig(['--skill-host', 'api.example.org']);
    const policyOf = (path: string) => securityHeaders(path, { hosts })['Content-Security-Policy'];
    for (const path of ['/assets/node.shared-a_B-1.js', '/assets/node.dedicated-x.js'])
      expect(policyOf(path)).toContain("connect-src 'self' https://api.example.org;");
    for (const path of ['/index.html', '/assets/index-x.js', '/assets/verify-x.js', '/node.shared-x.js/index.html'])
      expect(policyOf(path)).toContain("connect-src 'self';");
    expect(policyOf('/assets/skill-x.js')).not.toContain('connect-src');
  });

  test.each([
    ['--port', '65536'],
    ['--port', '-1'],
    ['--port', '8e3'],
    ['--port'],
    ['--host', 'example.com'],
    ['--hots', 'x'],
    ['stray'],
    ['--witness-name', 'a b'],
    ['--witness-name', 'a+b'],
    ['--witness-origin', 'http://w.example'],
    ['--witness-origin', 'https://w.example/path'],
    ['--witness-origin', 'https://u@w.example'],
    ['--witness-origin', 'https:'],
    ['--witness-origin', "https://w.example; script-src 'unsafe-inline'"],
    ['--witness-origin', '*'],
    ['--skill-host', 'https://api.example.org'],
    ['--skill-host', '*.example.org'],
    ['--skill-host', 'localhost'],
    ['--skill-host', '127.0.0.1'],
    ['--skill-host', "api.example.org; script-src 'unsafe-inline'"],
  ])('refuses %s %s', (...args) => {
    expect(() => parseConfig(args)).toThrow(expect.objectContaining({ code: 'bad_option' }) as Error);
  });
});
