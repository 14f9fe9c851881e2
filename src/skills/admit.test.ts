import { describe, expect, test } from 'vitest';
import { admitModule } from './admit';
import { buildModule } from './testkit';
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
    ['_initialize with parameters', { name: '_initialize', kind: 0, index: 0 }],
  ])('%s is a bad export', (_, wrong) => {
    expect(code(buildModule({ exports: [...exports.filter(({ name }) => name !== wrong.name), wrong] }))).toBe(
      'bad_export',
    );
  });

  test('memory that asks for more than it may have at once is over the limit', () => {
    expect(code(buildModule({ memory: [0, 17] }))).toBe('memory_over_limit');
  });

  test('code that does not validate is refused', () => {
    expect(code(buildModule({ run: [0x20, 0] }))).toBe('invalid_module');
    expect(code(buildModule({ run: [0xff] }))).toBe('unsupported_feature');
  });

  test('what metering would mend does not admit a module that is invalid as authored', () => {
    // A constant that nothing takes is invalid at the end of a function without results.
    const start = [0x41, 0];
    expect(WebAssembly.validate(buildModule({ start }))).toBe(false);
    expect(code(buildModule({ start }))).toBe('invalid_module');
  });

  test('a table of ten million entries is refused', () => {
    expect(code(buildModule({ table: [0, 0x80, 0xad, 0xe2, 4] }))).toBe('unsupported_feature');
  });

  test('an import of another type than the host’s is refused', () => {
    const imports = [{ module: 'sovereign', name: 'log', kind: 0 }];
    expect(code(buildModule({ imports }), { grants: ['log'] })).toBe('import_not_granted');
  });

  test('an ABI that this version does not run is refused', () => {
    expect(code(buildModule(), { abi: 'component' as never })).toBe('bad_request');
  });

  test('the given bytes are not changed', () => {
    const original = buildModule();
    const copy = original.slice();
    admitModule(original, admission);
    expect(original).toEqual(copy);
  });
});

test('code that does not fit its types is refused at the byte that the engine names', () => {
  const bytes = buildModule({ run: [0x41, 0] });
  expect(() => admitModule(bytes, { grants: [], memoryPages: 1 })).toThrow(
    expect.objectContaining({
      code: 'invalid_module',
      details: { rule: 'invalid', offset: expect.toSatisfy((at: number) => at > bytes.length - 10) as number },
    }),
  );
});
