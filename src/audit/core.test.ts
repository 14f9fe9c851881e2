import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { concat, fromUtf8, hex, leafHash, nodeHash, sha256, sha256Hex, utf8 } from '../crypto';
import type { JsonObject } from '../protocol/json';
import { LIMITS } from '../protocol/limits';
import { LogCore, parseLine, prepareEntry } from './index';
import { lineBytes, readLine } from './entry';
import { EVENT_TYPES } from './types';
import type { NewEntry } from './types';
import { START, note } from './testkit';

const json = fc.jsonValue({ stringUnit: 'grapheme', maxDepth: 3 });
const data = fc.dictionary(fc.string({ unit: 'grapheme' }), json) as fc.Arbitrary<JsonObject>;
const newEntry: fc.Arbitrary<NewEntry> = fc.record({
  type: fc.constantFrom(...EVENT_TYPES),
  severity: fc.constantFrom('INFO' as const, 'WARNING' as const, 'CRITICAL' as const),
  data,
});

const refused = (entry: unknown) => () => prepareEntry(entry as NewEntry);
const code = (wanted: string) => expect.objectContaining({ name: 'AuditError', code: wanted }) as Error;

function naiveRoot(leaves: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  if (leaves.length === 0) return sha256(new Uint8Array());
  if (leaves.length === 1) return leaves[0]!;
  const k = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return nodeHash(naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

describe('a line', () => {
  test('has exactly these bytes', () => {
    const core = new LogCore();
    const [line] = core.append([prepareEntry({ type: 'GENESIS', data: { b: 1e21, a: 'ü\n' } })], START);
    expect(fromUtf8(line!.bytes)).toBe(
      '{"data":{"a":"ü\\n","b":1e+21},"prev":"0000000000000000000000000000000000000000000000000000000000000000",' +
        '"seq":0,"severity":"INFO","ts":"2026-01-01T00:00:00.000Z","type":"GENESIS","v":1}\n',
    );
    expect(line!.hash).toBe(sha256Hex(line!.bytes));
  });

  test('parse(build(x)) is x', () => {
    fc.assert(
      fc.property(newEntry, (entry) => {
        const [line] = new LogCore().append([prepareEntry(entry)], START);
        const parsed = parseLine(line!.bytes);
        expect(parsed).toMatchObject({ v: 1, seq: 0, type: entry.type, severity: entry.severity });
        expect(JSON.stringify(parsed.data)).toBe(JSON.stringify(JSON.parse(fromUtf8(prepareEntry(entry).data))));
        expect(line!.bytes.length).toBeLessThanOrEqual(lineBytes(prepareEntry(entry)));
      }),
    );
  });

  test('what parses is canonical: no other bytes mean the same entry', () => {
    fc.assert(
      fc.property(newEntry, fc.nat(), fc.integer({ min: 1, max: 255 }), (entry, at, flip) => {
        const { bytes } = new LogCore().append([prepareEntry(entry)], START)[0]!;
        const changed = Uint8Array.from(bytes);
        changed[at % bytes.length]! ^= flip;
        let parsed: unknown;
        try {
          parsed = parseLine(changed);
        } catch (cause) {
          expect(cause).toEqual(code('log_broken'));
          return;
        }
        expect(JSON.stringify(parsed)).not.toBe(JSON.stringify(parseLine(bytes)));
      }),
    );
  });

  const good = fromUtf8(new LogCore().append([prepareEntry({ type: 'GENESIS', data: { a: 1 } })], START)[0]!.bytes);
  test.each([
    ['a duplicate key', good.replace('"a":1', '"a":0,"a":1')],
    ['white space', good.replace('"a":1', '"a": 1')],
    ['another spelling of a number', good.replace('"a":1', '"a":1.0')],
    ['a key without quotes, as in {1:"a"}', good.replace('"a":1', '1:"a"')],
    ['NaN', good.replace('"a":1', '"a":NaN')],
    ['a lone surrogate', good.replace('"a":1', '"a":"\\ud800"')],
    ['an unknown field', good.replace('"v":1', '"v":1,"x":1')],
    ['a missing field', good.replace(',"v":1', '')],
    ['another version', good.replace('"v":1', '"v":2')],
    ['an unknown type', good.replace('GENESIS', 'GENESYS')],
    ['an unknown severity', good.replace('INFO', 'NOISE')],
    ['a negative seq', good.replace('"seq":0', '"seq":-1')],
    ['a seq of minus zero', good.replace('"seq":0', '"seq":-0')],
    ['a time without milliseconds', good.replace('00.000Z', '00Z')],
    ['a 30th of February', good.replace('2026-01-01', '2026-02-30')],
    ['data that is a list', good.replace('{"a":1}', '[1]')],
    ['no LF', good.slice(0, -1)],
    ['an LF too many', `${good}\n`],
    ['nothing', ''],
  ])('%s is refused', (_, text) => {
    expect(() => parseLine(utf8(text))).toThrow(code('log_broken'));
  });

  test('bad UTF-8 is refused', () => {
    const bytes = utf8(good);
    bytes[9] = 0xff;
    expect(() => readLine(bytes)).toThrow(code('log_broken'));
  });
});

describe('what is refused before it is written', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  let deep: unknown = 1;
  for (let i = 0; i < LIMITS.jsonDepth; i++) deep = [deep];
  test.each<[string, unknown]>([
    ['NaN', { n: Number.NaN }],
    ['Infinity', { n: -Infinity }],
    ['a lone surrogate', { s: '\udc00' }],
    ['a lone surrogate in a key', { '\ud800': 1 }],
    ['undefined', { u: undefined }],
    ['a function', { f: () => 1 }],
    ['a bigint', { b: 1n }],
    ['keys that are no strings: a Map {1 → "a"}', new Map([[1, 'a']])],
    ['a symbol key', { [Symbol('s')]: 1 }],
    ['a class instance', { d: new Date(0) }],
    ['a hole in a list', { l: Array(2) }],
    ['a cycle', cycle],
    ['too deep', { deep }],
    ['a list', [1]],
    ['null', null],
  ])('%s', (_, bad) => {
    expect(refused({ type: 'GENESIS', data: bad })).toThrow(code('not_json'));
  });

  test('{1:"a"} is {"1":"a"}: a JavaScript object has no other key, so there is one reading and one hash', () => {
    expect(prepareEntry({ type: 'GENESIS', data: { 1: 'a' } }).data).toEqual(
      prepareEntry({ type: 'GENESIS', data: { '1': 'a' } }).data,
    );
  });

  test('an unknown type or severity', () => {
    expect(refused({ type: 'GENESYS', data: {} })).toThrow(code('not_json'));
    expect(refused({ type: 'GENESIS', severity: 'info', data: {} })).toThrow(code('not_json'));
  });

  test('one byte too many; the byte before is fine, at the largest seq too', () => {
    const fits = LIMITS.entryBytes - lineBytes(prepareEntry({ type: 'GENESIS', data: { s: '' } }));
    const entry = prepareEntry({ type: 'GENESIS', data: { s: 'x'.repeat(fits) } });
    const core = new LogCore();
    core.restore({ ...core.snapshot(), size: Number.MAX_SAFE_INTEGER - 1 });
    expect(core.append([entry], START)[0]!.bytes.length).toBeLessThanOrEqual(LIMITS.entryBytes);
    expect(refused({ type: 'GENESIS', data: { s: 'x'.repeat(fits + 1) } })).toThrow(code('entry_too_large'));
  });
});

describe('the core', () => {
  test('equals a naive model of chain and tree, however it is fed', () => {
    fc.assert(
      fc.property(fc.array(fc.array(newEntry, { minLength: 1, maxLength: 5 }), { maxLength: 20 }), (groups) => {
        const core = new LogCore();
        const lines: Uint8Array<ArrayBuffer>[] = [];
        for (const group of groups) lines.push(...core.append(group.map(prepareEntry), START).map((l) => l.bytes));
        lines.forEach((line, i) => {
          const entry = parseLine(line);
          expect(entry.seq).toBe(i);
          expect(entry.prev).toBe(i === 0 ? '0'.repeat(64) : sha256Hex(lines[i - 1]!));
        });
        expect(core.root()).toBe(hex(naiveRoot(lines.map(leafHash))));
        expect(core.snapshot().bytes).toBe(concat(...lines).length);

        const replayed = new LogCore();
        for (const line of lines) replayed.accept(line);
        expect(replayed.root()).toBe(core.root());
        expect(replayed.snapshot().prev).toBe(core.snapshot().prev);
      }),
      { numRuns: 40 },
    );
  });

  test('goes back to a snapshot as if nothing had been', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(40), (kept, dropped) => {
        const core = new LogCore();
        const build = (from: number, count: number): string[] =>
          Array.from({ length: count }, (_, i) => core.append([prepareEntry(note(from + i))], START)[0]!.hash);
        build(0, kept);
        const before = core.snapshot();
        const first = build(kept, dropped);
        core.restore(before);
        expect(build(kept, dropped)).toEqual(first);
      }),
    );
  });

  test('clock back: ts stays, and an entry says so once per step', () => {
    const core = new LogCore();
    const at = (now: number) => core.append([prepareEntry(note(now))], now).map((line) => parseLine(line.bytes));
    at(START + 5000);
    const [stepped, next] = at(START);
    expect(stepped).toMatchObject({
      type: 'CLOCK_STEPPED_BACK',
      severity: 'WARNING',
      ts: '2026-01-01T00:00:05.000Z',
      data: { observed: '2026-01-01T00:00:00.000Z', held_at: '2026-01-01T00:00:05.000Z' },
    });
    expect(next).toMatchObject({ seq: 2, type: 'SUBSYSTEM_RESTARTED', ts: '2026-01-01T00:00:05.000Z' });
    expect(at(START + 1000).map((e) => [e.type, e.ts])).toEqual([['SUBSYSTEM_RESTARTED', '2026-01-01T00:00:05.000Z']]);
    expect(at(START + 500)).toHaveLength(2);
    expect(at(START + 6000).map((e) => e.ts)).toEqual(['2026-01-01T00:00:06.000Z']);
  });

  test('ts never decreases, whatever the clock says', () => {
    const time = fc.oneof(fc.double(), fc.integer(), fc.date({ noInvalidDate: true }).map(Number));
    fc.assert(
      fc.property(fc.array(time, { minLength: 1 }), (clock) => {
        const core = new LogCore();
        const lines = clock.flatMap((now) => core.append([prepareEntry(note(0))], now));
        const times = lines.map((line) => parseLine(line.bytes).ts);
        expect(times).toEqual([...times].sort());
      }),
    );
  });
});
