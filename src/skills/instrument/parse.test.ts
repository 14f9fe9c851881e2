import { describe, expect, test } from 'vitest';
import { utf8 } from '../../crypto';
import { buildModule, leb, MAGIC, section, withCustom } from '../testkit';
import { SkillError } from '../types';
import { inspectModule, instrument } from './index';

const options = { memoryPages: 16, tableEntries: 100 };

function refusal(act: () => unknown): SkillError {
  try {
    act();
  } catch (error) {
    if (error instanceof SkillError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('inspect', () => {
  test('describes a module', () => {
    const info = inspectModule(withCustom(buildModule({ memory: [1, 2, 5], table: [0, 3] }), 'producers'));
    expect(info.exports.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
      'memory memory',
      'function alloc',
      'function run',
    ]);
    expect(info.functions).toEqual(['(i32)->i32', '(i32,i32)->i64']);
    expect(info.memories).toMatchObject([{ min: 2, max: 5 }]);
    expect(info.tables).toMatchObject([{ min: 3, max: undefined }]);
    expect(info.imports).toEqual([]);
  });

  test('names imports as grants do', () => {
    const imports = [
      { module: 'env', name: 'abort', kind: 0 },
      { module: 'env', name: 'table', kind: 1 },
      { module: 'env', name: 'pages', kind: 2 },
      { module: 'env', name: 'global', kind: 3 },
    ];
    const info = inspectModule(buildModule({ imports, memory: null }));
    expect(info.imports.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
      'function env.abort',
      'table env.table',
      'memory env.pages',
      'global env.global',
    ]);
  });

  test.each([
    ['an empty file', [], 0],
    ['a picture', [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10], 0],
    ['half the magic', [0, 0x61, 0x73], 3],
    ['a component', [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0], 4],
  ])('%s is not WebAssembly', (_, bytes, offset) => {
    const error = refusal(() => inspectModule(Uint8Array.from(bytes)));
    expect(error.code).toBe('not_wasm');
    expect(error.details.offset).toBe(offset);
  });

  test.each([
    ['a section that runs past the end', [1, 200], 'truncated', 10],
    ['a section of an unknown kind', section(14, [0]), 'section-id', 8],
    ['sections out of order', [...section(3, [0]), ...section(1, [0])], 'section-order', 11],
    ['a section that is there twice', [...section(1, [0]), ...section(1, [0])], 'section-order', 11],
    ['a number of six bytes', [1, 0x80, 0x80, 0x80, 0x80, 0x80, 0], 'leb', 9],
    ['a number beyond 32 bits', [1, 0xff, 0xff, 0xff, 0xff, 0x1f], 'leb', 9],
    ['a vector longer than its section', section(7, leb(100)), 'count', 10],
    ['bytes left over in a section', section(1, [0, 0]), 'section-size', 11],
    ['a memory whose maximum is below its size', section(5, [1, 1, 2, 1]), 'malformed', 11],
    ['a type of no known form', section(1, [1, 0x20, 0]), 'malformed', 11],
    ['a function without its type', section(3, [1, 0]), 'index', 11],
    ['an export whose name is not UTF-8', section(7, [1, 1, 0xff, 0, 0]), 'utf-8', 12],
    ['a start function that is not there', section(8, [7]), 'index', 10],
    ['a 32-bit constant of 33 bits', section(6, [1, 0x7f, 0, 0x41, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x0b]), 'leb', 14],
    ['a function without a body', [...section(1, [1, 0x60, 0, 0]), ...section(3, [1, 0])], 'count', 0],
  ])('%s is invalid, at its byte', (_, rest, rule, offset) => {
    const error = refusal(() => instrument(Uint8Array.from([...MAGIC, ...rest]), options));
    expect(error.code).toBe('invalid_module');
    expect(error.details).toEqual({ rule, offset });
    expect(error.advice).toBeTruthy();
  });

  test.each([
    ['shared-memory', section(5, [1, 3, 1, 1]), 11],
    ['memory64', section(5, [1, 4, 1]), 11],
    ['memory64', section(4, [1, 0x70, 4, 1]), 12],
    ['custom-page-sizes', section(5, [1, 8, 1, 0]), 11],
    ['multi-memory', section(5, [2, 0, 1, 0, 1]), 13],
    ['gc', section(1, [1, 0x5f, 0]), 11],
    ['gc', section(1, [1, 0x4e, 0]), 11],
    ['gc', section(1, [1, 0x60, 1, 0x6e, 0]), 13],
    ['gc', section(4, [1, 0x40, 0, 0x70, 0, 1, 0xd0, 0x70, 0x0b]), 11],
    ['exceptions', section(13, [1, 0, 0]), 8],
    ['exceptions', section(1, [1, 0x60, 1, 0x69, 0]), 13],
    ['exceptions', section(7, [1, 1, 0x61, 4, 0]), 13],
    ['reserved-name', section(7, [1, 13, ...utf8('__sovereign_x'), 0, 0]), 11],
    ['reserved-name', [...section(1, [0]), ...section(2, [1, 1, 0x61, 13, ...utf8('__sovereign_x'), 3, 0x7f, 0])], 14],
  ])('%s is refused by name, at its byte', (rule, rest, offset) => {
    const error = refusal(() => inspectModule(Uint8Array.from([...MAGIC, ...rest])));
    expect(error.code).toBe('unsupported_feature');
    expect(error.details).toMatchObject({ rule, offset });
    expect(error.advice).toBeTruthy();
  });

  test('every truncation within a section is refused', () => {
    const module = buildModule();
    const ends = inspectModule(module).sections.map(({ end }) => end);
    for (let length = 0; length < module.length; length++) {
      if (length === 8 || (length > 8 && ends.includes(length))) continue;
      const error = refusal(() => instrument(module.subarray(0, length), options));
      expect(['not_wasm', 'invalid_module']).toContain(error.code);
    }
  });

  test('a vector longer than its section is refused before anything is allocated for it', () => {
    const error = refusal(() => inspectModule(Uint8Array.from([...MAGIC, ...section(7, leb(10_000))])));
    expect(error.details).toMatchObject({ rule: 'count', offset: 10 });
  });
});
