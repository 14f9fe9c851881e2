import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffGrants, inWords, isGrant, reachOf } from './grants';

describe('capabilities', () => {
  test.each([
    ['log', 'write notes that you can read after the run', 'inside'],
    ['memory.read', 'read this node’s memory', 'node'],
    ['mesh.send', 'send messages to your other devices and to peers', 'outside'],
    ['http.fetch:api.example.org', 'fetch from api.example.org', 'outside'],
  ])('%s in words', (grant, words, reach) => {
    expect(isGrant(grant)).toBe(true);
    expect([inWords(grant), reachOf(grant)]).toEqual([words, reach]);
  });

  test.each([
    'http.fetch:*',
    'http.fetch:*.example.org',
    'http.fetch:',
    'http.fetch:localhost',
    'http.fetch:127.0.0.1',
    'http.fetch:[::1]',
    'http.fetch:example.org:8080',
    'http.fetch:example.org/path',
    'http.fetch:user@example.org',
    'http.fetch:EXAMPLE.org',
    'http.fetch:exämple.org',
    'http.fetch:-a.org',
    'http.fetch:a..org',
    'http.fetch:a.org.',
    `http.fetch:${'a'.repeat(64)}.org`,
    'http.fetch:api.example.org\n',
    'memory',
    'memory.*',
    'Log',
    'constructor',
    '__proto__',
    '',
  ])('%j is none', (text) => expect(isGrant(text)).toBe(false));

  test('nothing else is one', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const simple = ['log', 'progress', 'clock', 'random', 'config', 'memory.read', 'memory.write', 'mesh.send'];
        if (!simple.includes(text) && !text.startsWith('http.fetch:')) expect(isGrant(text)).toBe(false);
      }),
    );
  });

  test('a diff leads from the one set to the other', () => {
    const grants = fc.uniqueArray(fc.constantFrom<string>('log', 'clock', 'random', 'memory.read', 'http.fetch:a.org'));
    fc.assert(
      fc.property(grants, grants, (before, after) => {
        const { gained, lost } = diffGrants(before, after);
        const applied = [...before.filter((g) => !lost.includes(g)), ...gained];
        expect(applied.sort()).toEqual([...after].sort());
        expect(gained.filter((g) => before.includes(g) || lost.includes(g))).toEqual([]);
      }),
    );
  });
});
