import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { body, functionType, i32, moduleOf, name, section, vector } from '../../src/skills/testing/bytes';
import { runSkillTool } from './index';

const I32 = 0x7f;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'instrument-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function instrumentFile(bytes: Uint8Array | undefined, ...options: string[]) {
  const input = join(folder, 'in.wasm');
  const output = join(folder, 'out.wasm');
  await rm(output, { force: true });
  if (bytes) await writeFile(input, bytes);
  const said = { out: '', err: '' };
  const place = {
    out: (text: string) => void (said.out += text),
    err: (text: string) => void (said.err += text),
    skillThread: new URL('file:///none'),
  };
  const code = await runSkillTool(['instrument', input, '-o', output, ...options], place);
  return { code, ...said, output };
}

/** Counts down from its parameter, and answers 7. */
const counting = (code: number[] = []): Uint8Array<ArrayBuffer> =>
  moduleOf(
    section(1, vector([functionType([I32], [I32])])),
    section(3, [1, 0]),
    section(7, vector([[...name('count'), 0, 0]])),
    section(10, vector([body([], [0x03, 0x40, 0x20, 0, ...i32(1), 0x6b, 0x22, 0, 0x0d, 0, 0x0b, ...code, ...i32(7)])])),
  );

async function run(path: string, rounds: number) {
  const { instance } = await WebAssembly.instantiate(new Uint8Array(await readFile(path)));
  const exports = instance.exports as unknown as {
    count(rounds: number): number;
    __sovereign_gas: WebAssembly.Global<'i64'>;
    __sovereign_why: WebAssembly.Global<'i32'>;
  };
  let result: unknown;
  try {
    result = exports.count(rounds);
  } catch (error) {
    result = String(error);
  }
  return { result, gas: exports.__sovereign_gas.value, why: exports.__sovereign_why.value };
}

describe('sovereign skill instrument', () => {
  test.each(['fast', 'reference'])('writes a module in %s mode that counts down from its gas', async (mode) => {
    const { code, output } = await instrumentFile(counting(), '--mode', mode, '--initial-gas', '1000');
    expect(code).toBe(0);
    // Per round: local.get, constant, sub, tee and br_if; once: the last constant.
    expect(await run(output, 10)).toEqual({ result: 7, gas: 1000n - 10n * 5n - 1n, why: 0 });
    const over = await run(output, 1_000);
    expect(over.result).toContain('unreachable');
    expect(over.why).toBe(1);
  });

  test('a refusal exits 1 and names rule and byte', async () => {
    const { code, err } = await instrumentFile(counting([0xfe, 0x03, 0]));
    expect(code).toBe(1);
    expect(err).toContain('unsupported_feature (threads) at byte 48\n');
  });

  test('floats in an imported function are for whoever links it to answer for', async () => {
    const floats = moduleOf(
      section(1, vector([functionType([], [0x7c])])),
      section(2, vector([[...name('host'), ...name('now'), 0, 0]])),
    );
    const { code, output } = await instrumentFile(floats);
    expect(code).toBe(0);
    const module = new WebAssembly.Module(new Uint8Array(await readFile(output)));
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'host', name: 'now', kind: 'function' }]);
  });

  test('a module that is invalid as authored is refused where the engine says', async () => {
    const { code, err } = await instrumentFile(counting([0x1a]));
    expect(code).toBe(1);
    expect(err).toMatch(/invalid_module \(invalid\) at byte 4\d\n$/);
  });

  test.each([[['--mode', 'slow']], [['--initial-gas', '-1']], [['--initial-gas', '9223372036854775808']], [['x']]])(
    'wrong usage: %j',
    async (options) => {
      const { code, err } = await instrumentFile(counting(), ...options);
      expect(code).toBe(2);
      expect(err).toContain('Usage:');
    },
  );
});

describe('npx sovereign skill instrument', () => {
  /** The command itself, as `npx` starts it. */
  const sovereign = (...args: string[]) => {
    // vitest's own NODE_OPTIONS are not the command's.
    const env = { PATH: process.env['PATH'], HOME: folder };
    return spawnSync(process.execPath, ['bin/sovereign.mjs', 'skill', 'instrument', ...args], {
      encoding: 'utf8',
      env,
    });
  };
  const at = (file: string) => join(folder, file);

  test('writes modules that stand alone and charge the same; refuses by rule and byte, and what is no usage', async () => {
    await writeFile(at('count.wasm'), counting());
    await writeFile(at('threads.wasm'), counting([0xfe, 0x03, 0]));
    // Where the terminal was not built yet, the first of these builds it, and says so.
    for (const wrong of [['--mode', 'slow'], ['--initial-gas', 'much'], ['--speed'], []]) {
      const { status, stderr } = sovereign(
        at('count.wasm'),
        ...(wrong.length > 0 ? ['-o', at('x.wasm')] : []),
        ...wrong,
      );
      expect([status, stderr]).toEqual([2, expect.stringContaining('Usage:')]);
    }
    const ends: unknown[] = [];
    for (const mode of ['fast', 'reference']) {
      const output = at(`${mode}.wasm`);
      const made = sovereign(at('count.wasm'), '-o', output, '--mode', mode, '--initial-gas', '123456');
      expect(made).toMatchObject({ status: 0, stderr: '' });
      expect(made.stdout).toMatch(/^sovereign-metering\/1, weights \S+: \d+ bytes became \d+\n$/);
      ends.push(await run(output, 1_000), (await run(output, 100_000)).why);
    }
    const enough = { result: 7, gas: 123_456n - 1_000n * 5n - 1n, why: 0 };
    expect(ends).toEqual([enough, 1, enough, 1]);

    const refused = sovereign(at('threads.wasm'), '-o', at('refused.wasm'));
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toContain('unsupported_feature (threads) at byte 48\n');
    await expect(readFile(at('refused.wasm'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
