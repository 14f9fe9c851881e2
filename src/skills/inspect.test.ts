import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { admitModule } from './admit';
import { inspectModule } from './inspect';
import { buildModule, leb, MAGIC, section, withCustom } from './testkit';
import { SkillError } from './types';

const admission = { grants: [], memoryPages: 16 };

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
    ['a section that runs past the end', [1, 200], 10],
    ['a section of an unknown kind', section(13, [0]), 8],
    ['sections out of order', [...section(3, [0]), ...section(1, [0])], 11],
    ['a section that is there twice', [...section(1, [0]), ...section(1, [0])], 11],
    ['a number of six bytes', [1, 0x80, 0x80, 0x80, 0x80, 0x80, 0], 9],
    ['a number beyond 32 bits', [1, 0xff, 0xff, 0xff, 0xff, 0x1f], 9],
    ['four billion types', section(1, [0xff, 0xff, 0xff, 0xff, 0x0f]), 10],
    ['bytes left over in a section', section(1, [0, 0]), 11],
    ['a shared memory', section(5, [1, 3, 1, 1]), 11],
    ['a 64-bit memory', section(5, [1, 4, 1]), 11],
    ['a memory whose maximum is below its size', section(5, [1, 1, 2, 1]), 11],
    ['two memories', section(5, [2, 0, 1, 0, 1]), 15],
    ['a struct type', section(1, [1, 0x5f, 0]), 11],
    ['a function without its type', section(3, [1, 0]), 11],
    ['an export whose name is not UTF-8', section(7, [1, 1, 0xff, 0, 0]), 12],
  ])('%s is invalid, at its byte', (_, rest, offset) => {
    const error = refusal(() => inspectModule(Uint8Array.from([...MAGIC, ...rest])));
    expect(error.code).toBe('invalid_module');
    expect(error.details.offset).toBe(offset);
    expect(error.advice).toBeTruthy();
  });

  test('every truncation of a good module is refused', () => {
    const module = buildModule();
    for (let length = 0; length < module.length; length++) {
      const error = refusal(() => admitModule(module.subarray(0, length), admission));
      expect(['not_wasm', 'invalid_module', 'missing_export']).toContain(error.code);
    }
  });

  test('a vector longer than its section is refused before anything is allocated for it', () => {
    const error = refusal(() => inspectModule(Uint8Array.from([...MAGIC, ...section(7, leb(1_000_000))])));
    expect(error.message).toContain('1000000 exports');
  });
});

describe('inspect, for any bytes', () => {
  /** Whatever is admitted must then compile: the bounds that were written into it left it valid. */
  function admitted(bytes: Uint8Array): boolean {
    try {
      const { bounded } = admitModule(bytes, admission);
      new WebAssembly.Module(bounded);
      return true;
    } catch (error) {
      if (!(error instanceof SkillError)) throw error;
      return false;
    }
  }

  test('random bytes end in a SkillError', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => !admitted(bytes)));
  });

  test('random bytes after the magic end in a SkillError or compile', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        admitted(Uint8Array.from([...MAGIC, ...bytes]));
      }),
      { numRuns: 500 },
    );
  });

  test('random changes of a good module end in a SkillError or compile', () => {
    const good = withCustom(buildModule({ memory: [1, 1, 3], table: [0, 3], start: [] }), 'name');
    const change = fc.record({
      at: fc.nat(good.length - 1),
      to: fc.nat(255),
      cut: fc.nat(3),
      grow: fc.uint8Array({ maxLength: 3 }),
    });
    let compiled = 0;
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const bytes = [...good];
        for (const { at, to, cut, grow } of changes) bytes.splice(at, cut, to, ...grow);
        if (admitted(Uint8Array.from(bytes))) compiled += 1;
      }),
      { numRuns: 2_000, examples: [[[{ at: good.length - 1, to: 9, cut: 1, grow: new Uint8Array() }]]] },
    );
    expect(compiled).toBeGreaterThan(0);
  });
});
