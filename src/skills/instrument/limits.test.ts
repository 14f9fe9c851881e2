/** What bad input gets, and what a module that goes on for ever gets. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../../crypto';
import { LIMITS } from '../../protocol/limits';
import { body, functionType, i32, leb, moduleOf, name, section, vector } from '../testing/bytes';
import { nanProbe, stackShapes } from '../testing/stack-shapes';
import { SkillError } from '../types';
import { instrument, METERING_EXPORTS } from './index';

const options = { memoryPages: 300, tableEntries: 10_000 };
const I32 = 0x7f;
const V128 = 0x7b;

function refusal(bytes: Uint8Array): { code: string; rule: unknown; offset: unknown } {
  try {
    instrument(bytes, options);
  } catch (error) {
    if (!(error instanceof SkillError)) throw error;
    return { code: error.code, rule: error.details['rule'], offset: error.details['offset'] };
  }
  throw new Error('it was not refused');
}

/** One function `run` of no parameters. The code begins at byte 36 if it has no locals and is short. */
const one = (code: readonly number[], before: readonly number[] = [], type = functionType([], [])) =>
  moduleOf(
    section(1, vector([type])),
    section(3, [1, 0]),
    before,
    section(7, vector([[...name('run'), 0, 0]])),
    section(10, vector([body([], code)])),
  );
const repeat = (count: number, code: readonly number[]): number[] => Array.from({ length: count }, () => code).flat();

describe('what the engine would refuse once it is metered', () => {
  test('locals: as many as may be leave room for those that metering adds', () => {
    const withLocals = (many: number) =>
      moduleOf(
        section(1, vector([functionType([], [])])),
        section(3, [1, 0]),
        section(10, vector([[...leb(leb(many).length + 3), 1, ...leb(many), 0x7d, 0x0b]])),
      );
    expect(refusal(withLocals(49_901))).toMatchObject({ rule: 'locals' });
    expect(WebAssembly.validate(instrument(withLocals(49_900), options).wasm)).toBe(true);
  });

  test('a function whose NaNs are made canonical a million times', () => {
    const code = [0x44, 0, 0, 0, 0, 0, 0, 0, 0, ...repeat(420_000, [0x9f, 0x9a]), 0x1a];
    expect(refusal(one(code))).toMatchObject({ code: 'unsupported_feature', rule: 'function-size' });
  });
});

test('a global of the module’s own in a constant expression: not every engine takes one', () => {
  const globals = section(
    6,
    vector([
      [I32, 0, ...i32(1), 0x0b],
      [I32, 0, 0x23, 0, 0x0b],
    ]),
  );
  expect(refusal(one([], globals))).toEqual({ code: 'unsupported_feature', rule: 'opcode', offset: 28 });
});

describe('caps', () => {
  test.each([
    [
      '10^6 functions',
      moduleOf(section(1, vector([functionType([], [])])), section(3, leb(1_000_000))),
      'functions',
      16,
    ],
    ['10^6 types', moduleOf(section(1, leb(1_000_000))), 'types', 10],
    [
      '10^6 locals',
      moduleOf(
        section(1, vector([functionType([], [])])),
        section(3, [1, 0]),
        section(10, [1, 6, 1, ...leb(1_000_000), I32, 0x0b]),
      ),
      'locals',
      23,
    ],
    ['a parameter too many', moduleOf(section(1, [1, 0x60, ...leb(1_001), ...repeat(1_001, [I32]), 0])), 'params', 13],
    ['a function too large', one(repeat(1_100_000, [0x01])), 'function-size', 32],
    ['a giant br_table', one([...i32(0), 0x0e, ...leb(1_000_000), ...repeat(1_000_001, [0])]), 'br-table', 39],
    ['a br_table too large', one([...i32(0), 0x0e, ...leb(20_000), ...repeat(20_001, [0])]), 'br-table', 39],
    [
      '100,000 blocks inside each other',
      one([...repeat(100_000, [0x02, 0x40]), ...repeat(100_000, [0x0b])]),
      'nesting',
      36 + 2 * 4_095,
    ],
    ['operands without end', one(repeat(60_000, [0x41, 0])), 'operands', 37 + 2 * 60_000],
    ['a table of 10 million entries', one([], section(4, vector([[0x70, 0, ...leb(10_000_000)]]))), 'table', 22],
    ['100 tables', one([], section(4, vector(Array.from({ length: 100 }, () => [0x70, 0, 1])))), 'tables', 21],
  ])('%s', (_, bytes, rule, offset) => {
    expect(refusal(bytes)).toEqual({ code: 'unsupported_feature', rule, offset });
  });

  test('a module that is merely too large is told its size and the limit', () => {
    const bytes = new Uint8Array(LIMITS.skillBytes + 1);
    bytes.set(one([]));
    expect(refusal(bytes)).toEqual({
      code: 'unsupported_feature',
      rule: 'module-size',
      offset: LIMITS.skillBytes,
    });
    expect(() => instrument(bytes, options)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('module-size 16777217 of 16777216') as string,
      }),
    );
  });

  test('a memory that begins larger than it may be', () => {
    expect(refusal(one([], section(5, vector([[0, ...leb(301)]]))))).toEqual({
      code: 'memory_over_limit',
      rule: 'memory',
      offset: 21,
    });
  });

  test('results that multiply on the stack', () => {
    const many = functionType([], repeat(1_000, [I32]));
    const bytes = moduleOf(
      section(1, vector([many])),
      section(3, [1, 0]),
      section(10, vector([body([], repeat(100_000, [0x10, 0]))])),
    );
    expect(refusal(bytes).rule).toBe('operands');
  });
});

describe('refused proposals', () => {
  test.each([
    ['exceptions', [0x06, 0x40, 0x19, 0x0b]],
    ['exceptions', [0x1f, 0x40, 0, 0x0b]],
    ['exceptions', [0x08, 0]],
    ['threads', [0xfe, 0x03, 0]],
    ['relaxed-simd', [0xfd, 0x80, 2]],
    ['gc', [0xfb, 1, 0]],
    ['gc', [0x14, 0]],
    ['multi-memory', [...i32(0), 0x28, 0x42, 0, 1]],
    ['multi-memory', [0x3f, 1]],
    ['opcode', [0xfc, 0x13]],
    ['opcode', [0x27]],
    ['opcode', [0xfd, 0x9a, 1]],
  ])('%s: %j', (rule, code) => {
    const refused = refusal(one(code, section(5, vector([[0, 1]]))));
    expect(refused).toMatchObject({ code: 'unsupported_feature', rule });
    expect(refused.offset).toBeGreaterThanOrEqual(37);
    expect(refused.offset).toBeLessThan(37 + code.length);
  });

  test('floats in the imports of a host that might give a NaN', () => {
    const bytes = moduleOf(
      section(1, vector([functionType([], [0x7c])])),
      section(2, vector([[...name('a'), ...name('b'), 0, 0]])),
    );
    expect(refusal(bytes)).toMatchObject({ code: 'unsupported_feature', rule: 'float-import', offset: 18 });
    expect(WebAssembly.validate(instrument(bytes, { ...options, floatImports: true }).wasm)).toBe(true);
  });
});

interface Ended {
  error: string;
  why: number;
  exports: WebAssembly.Exports;
}

/** Runs `run` with this gas. */
function end(bytes: Uint8Array, gas: bigint, mode: 'fast' | 'reference' = 'fast'): Ended {
  const { wasm } = instrument(bytes, { ...options, memoryPages: 1_100, mode, initialGas: gas });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm));
  const ended: Ended = { error: '', why: 0, exports };
  try {
    (exports[METERING_EXPORTS.start] as (() => void) | undefined)?.();
    (exports['run'] as () => void)();
  } catch (error) {
    ended.error = String(error);
  }
  ended.why = (exports[METERING_EXPORTS.why] as WebAssembly.Global).value as number;
  return ended;
}

const memory = section(5, vector([[0, 1]]));
const FOREVER = [0x03, 0x40, 0x0c, 0, 0x0b];

describe('what goes on for ever ends', () => {
  test.each([
    ['an endless loop', one(FOREVER), 1],
    [
      'an endless loop around 64 MiB of memory.fill',
      one(
        [...i32(1_023), 0x40, 0, 0x1a, 0x03, 0x40, ...i32(0), ...i32(7), ...i32(1 << 26), 0xfc, 11, 0, 0x0c, 0, 0x0b],
        section(5, vector([[0, 1]])),
      ),
      1,
    ],
    ['a growth bomb', one([0x03, 0x40, ...i32(1), 0x40, 0, 0x1a, 0x0c, 0, 0x0b], memory), 1],
    ['endless tail calls', one([0x12, 0]), 1],
    ['recursion', one([0x10, 0]), 2],
    ['memory.fill of 2^32 − 1 bytes', one([...i32(0), ...i32(0), ...i32(-1), 0xfc, 11, 0], memory), 1],
  ])('%s', (_, bytes, why) => {
    for (const mode of ['fast', 'reference'] as const) {
      const ended = end(bytes, 50_000_000n, mode);
      expect(ended.error).toContain('unreachable');
      expect(ended.why).toBe(why);
    }
  });

  test('a start function that loops does so only when it is called, metered', () => {
    const bytes = moduleOf(
      section(1, vector([functionType([], [])])),
      section(3, [1, 0]),
      section(8, [0]),
      section(10, vector([body([], FOREVER)])),
    );
    expect(end(bytes, 1_000_000n)).toMatchObject({ why: 1 });
  });

  test('growth stops at the cap, and what is beyond costs nothing but the instruction', () => {
    const type = functionType([], [I32]);
    const bytes = one([...i32(299), 0x40, 0, ...i32(1), 0x40, 0, 0x6a], memory, type);
    const { exports } = new WebAssembly.Instance(
      new WebAssembly.Module(instrument(bytes, { ...options, initialGas: 10_000_000n }).wasm),
    );
    expect((exports['run'] as () => number)()).toBe(1 + -1);
    const left = (exports[METERING_EXPORTS.gas] as WebAssembly.Global).value as bigint;
    expect(10_000_000n - left).toBe(BigInt(299 * 8_192 + 2 * 64 + 3));
  });

  test('a counter that is spent when the function returns is out of gas', () => {
    const { exports } = end(one([...i32(1), 0x1a, ...i32(2), 0x1a]), 1n);
    expect((exports[METERING_EXPORTS.gas] as WebAssembly.Global).value).toBe(-1n);
  });
});

describe('the stack', () => {
  test('104 shapes of recursion end by our limit and not by the engine’s', () => {
    const shapes = stackShapes();
    expect(shapes.length).toBeGreaterThanOrEqual(100);
    for (const { name: shape, wasm } of shapes) {
      for (const mode of ['fast', 'reference'] as const) {
        const ended = end(wasm, 1n << 40n, mode);
        expect(ended.error, shape).toContain('unreachable');
        expect(ended.why, shape).toBe(2);
      }
    }
  });

  test('a frame counts its values, twice with vectors', () => {
    const depth = (type: number): number => {
      // Counts its activations in a global and calls itself with one parameter.
      const bytes = moduleOf(
        section(1, vector([functionType([type], []), functionType([], [])])),
        section(3, [2, 0, 1]),
        section(6, vector([[I32, 1, ...i32(0), 0x0b]])),
        section(
          7,
          vector([
            [...name('run'), 0, 1],
            [...name('depth'), 3, 0],
          ]),
        ),
        section(
          10,
          vector([
            body([], [0x23, 0, ...i32(1), 0x6a, 0x24, 0, 0x20, 0, 0x10, 0]),
            body([], type === V128 ? [0xfd, 12, ...repeat(16, [0]), 0x10, 0] : [...i32(0), 0x10, 0]),
          ]),
        ),
      );
      return (end(bytes, 1n << 40n).exports['depth'] as WebAssembly.Global).value as number;
    };
    // The caller: 1 operand, 1 of the callee, 16. The callee: 1 parameter, 2 operands, 1 of the callee, 16.
    expect(depth(I32)).toBe(Math.floor((LIMITS.skillStackBytes - 8 * 18) / (8 * 20)));
    expect(depth(V128)).toBe(Math.floor((LIMITS.skillStackBytes - 8 * 20) / (8 * (2 + 2 * 3 + 16))));
  });
});

test('NaN probes have the same bits everywhere', () => {
  for (const mode of ['fast', 'reference'] as const) {
    const { wasm } = instrument(nanProbe(), { ...options, mode, initialGas: 1n << 40n });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm));
    (exports['run'] as () => void)();
    const bytes = new Uint8Array((exports['memory'] as WebAssembly.Memory).buffer);
    expect(sha256Hex(bytes)).toBe('87c26d3da5d7e929947aaf7563197ae970418c49a584f9840c2dcab665620475');
  }
});

describe('real modules', () => {
  const root = new URL('../../../', import.meta.url);
  const path = (relative: string): string => fileURLToPath(new URL(relative, root));
  const modules = [
    'node_modules/sql.js/dist/sql-wasm.wasm',
    'node_modules/@jitl/quickjs-wasmfile-release-sync/dist/emscripten-module.wasm',
    'node_modules/@cedar-policy/cedar-wasm/web/cedar_wasm_bg.wasm',
  ];
  test.each(modules)('%s is taken by the engine in both modes', (file) => {
    for (const mode of ['fast', 'reference'] as const) {
      const { wasm } = instrument(readFileSync(path(file)), {
        ...options,
        memoryPages: 4_096,
        mode,
        floatImports: true,
      });
      expect(() => new WebAssembly.Module(wasm)).not.toThrow();
    }
  });
});
