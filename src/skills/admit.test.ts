import { describe, expect, test } from 'vitest';
import { LIMITS } from '../protocol/limits';
import { admitModule } from './admit';
import { inspectModule } from './inspect';
import { buildModule, withCustom } from './testkit';
import type { SkillError } from './types';

const admission = { grants: [] as string[], memoryPages: 16 };
const code = (module: Uint8Array, over = {}) => {
  try {
    admitModule(module, { ...admission, ...over });
    return 'admitted';
  } catch (error) {
    return (error as SkillError).code;
  }
};

describe('admit', () => {
  test('a good module passes', () => {
    expect(code(buildModule())).toBe('admitted');
  });

  test.each([
    { module: 'env', name: 'abort', kind: 0 },
    { module: 'wasi_snapshot_preview1', name: 'fd_write', kind: 0 },
    { module: 'env', name: 'memory', kind: 2 },
    { module: 'env', name: 'table', kind: 1 },
    { module: 'env', name: 'g', kind: 3 },
  ])('$module.$name was not granted', (wanted) => {
    const memory = wanted.kind === 2 ? null : undefined;
    expect(code(buildModule({ imports: [wanted], ...(memory === null ? { memory } : {}) }))).toBe('import_not_granted');
  });

  test('a grant of what this host cannot serve does not help', () => {
    const imports = [{ module: 'env', name: 'abort', kind: 0 }];
    expect(code(buildModule({ imports }), { grants: ['env.abort'] })).toBe('import_not_granted');
  });

  const exports = [
    { name: 'memory', kind: 2, index: 0 },
    { name: 'alloc', kind: 0, index: 0 },
    { name: 'run', kind: 0, index: 1 },
  ];
  test.each(['memory', 'alloc', 'run'])('%s must be exported', (name) => {
    expect(code(buildModule({ exports: exports.filter((item) => item.name !== name) }))).toBe('missing_export');
  });

  test.each([
    ['run of alloc’s type', { name: 'run', kind: 0, index: 0 }],
    ['run that is the memory', { name: 'run', kind: 2, index: 0 }],
    ['run that is no function of the module', { name: 'run', kind: 0, index: 77 }],
    ['_initialize with parameters', { name: '_initialize', kind: 0, index: 0 }],
  ])('%s is a bad export', (_, wrong) => {
    expect(code(buildModule({ exports: [...exports.filter(({ name }) => name !== wrong.name), wrong] }))).toBe(
      'bad_export',
    );
  });

  test.each([
    ['asks for more than it may have at once', [0, 17]],
    ['names a larger maximum', [1, 1, 17]],
    ['names the largest maximum', [1, 1, 0x80, 0x80, 4]],
  ])('memory that %s is over the limit', (_, memory) => {
    expect(code(buildModule({ memory }))).toBe('memory_over_limit');
  });

  test('code that does not validate is refused', () => {
    expect(code(buildModule({ run: [0x20, 0] }))).toBe('invalid_module');
    expect(code(buildModule({ run: [0xff] }))).toBe('invalid_module');
  });

  test('a table of ten million entries is refused', () => {
    expect(code(buildModule({ table: [0, 0x80, 0xad, 0xe2, 4] }))).toBe('invalid_module');
  });
});

describe('bounds', () => {
  test('a memory and a table without a maximum get one, and nothing else changes', () => {
    const original = withCustom(buildModule({ memory: [0, 2], table: [0, 1] }), 'name');
    const { bounded } = admitModule(original, { grants: [], memoryPages: 300 });
    const after = inspectModule(bounded);
    expect(after.memories).toMatchObject([{ min: 2, max: 300 }]);
    expect(after.tables).toMatchObject([{ min: 1, max: LIMITS.skillTableEntries }]);
    const others = (module: Uint8Array) =>
      inspectModule(module)
        .sections.filter(({ id }) => id !== 4 && id !== 5)
        .map(({ id, start, end }) => [id, ...module.subarray(start, end)]);
    expect(others(bounded)).toEqual(others(original));
    expect(WebAssembly.validate(bounded)).toBe(true);
  });

  test('a module that bounds itself stays as it is', () => {
    const original = buildModule({ memory: [1, 2, 16], table: [1, 1, 1] });
    expect(admitModule(original, admission).bounded).toEqual(original);
  });

  test('the given bytes are not changed', () => {
    const original = buildModule();
    const copy = original.slice();
    admitModule(original, admission);
    expect(original).toEqual(copy);
  });
});
