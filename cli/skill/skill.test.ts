import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sha256Hex, utf8 } from '../../src/crypto';
import { openPackage, parseIndex } from '../../src/registry';
import { bundleSkillThread } from '../../scripts/lib/skill-thread.mjs';
import { hasClang } from './compile';
import { runSkillTool } from './index';

let root: string;
let dir: string;
let skillThread: URL;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'sovereign-skill-'));
  skillThread = await bundleSkillThread(join(root, 'thread'));
});
beforeEach(() => {
  dir = mkdtempSync(join(root, 'case-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function skill(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const out = (text: string): void => void (said.out += text);
  const err = (text: string): void => void (said.err += text);
  return { code: await runSkillTool(argv, { out, err, skillThread }), ...said };
}
const at = (...path: string[]): string => join(dir, ...path);
const read = (...path: string[]): Uint8Array => new Uint8Array(readFileSync(at(...path)));
/** A built project, signed. */
async function signed(name = 'shout'): Promise<void> {
  for (const args of [
    ['new', at(name)],
    ['build', at(name)],
    ['sign', at(name), '--key', at('author.pem')],
  ])
    expect(await skill(...args)).toMatchObject({ code: 0 });
}
const testsOf = (name: string) => {
  // vitest's own NODE_OPTIONS are not the project's.
  const env = { PATH: process.env['PATH'] };
  return spawnSync(process.execPath, ['--test', 'test/skill.test.mjs'], { cwd: at(name), encoding: 'utf8', env });
};

describe('a new project', () => {
  test('in AssemblyScript is built, and its own test passes and can fail', async () => {
    expect((await skill('new', at('shout'))).out).toContain('sovereign skill build');
    expect(testsOf('shout').status).toBe(1);
    const built = await skill('build', at('shout'));
    expect(built).toMatchObject({ code: 0, err: '' });
    expect(built.out).toContain(sha256Hex(read('shout', 'build', 'skill.wasm')));
    expect(testsOf('shout')).toMatchObject({ status: 0 });
    const source = readFileSync(at('shout', 'assembly', 'index.ts'), 'utf8');
    writeFileSync(at('shout', 'assembly', 'index.ts'), source.replace('byte - 32', 'byte - 31'));
    expect((await skill('build', at('shout'))).code).toBe(0);
    expect(testsOf('shout').status).toBe(1);
  });

  // Compilers are not everybody's: the name of the test says whether it ran.
  if (hasClang())
    test('in C is built, and its own test passes and can fail', async () => {
      expect((await skill('new', at('loud'), '--lang', 'c')).code).toBe(0);
      expect(testsOf('loud').status).toBe(1);
      expect(await skill('build', at('loud'))).toMatchObject({ code: 0, err: '' });
      expect(testsOf('loud')).toMatchObject({ status: 0 });
      writeFileSync(at('input.txt'), 'Hello');
      const run = await skill('run', at('loud', 'build', 'skill.wasm'), '--input', at('input.txt'), '--json');
      expect(JSON.parse(run.out)).toMatchObject({ outcome: 'ok', output: 'HELLO' });
      const source = readFileSync(at('loud', 'skill.c'), 'utf8');
      writeFileSync(at('loud', 'skill.c'), source.replace('text[i] -= 32', 'text[i] -= 31'));
      expect((await skill('build', at('loud'))).code).toBe(0);
      expect(testsOf('loud').status).toBe(1);
      writeFileSync(at('loud', 'skill.c'), 'int run(');
      const broken = await skill('build', at('loud'));
      expect([broken.code, broken.err]).toEqual([1, expect.stringMatching(/skill\.c[^]*not_compiled/)]);
    });
  else
    test('in C did not run: there is no clang with wasm-ld; the command says what to install', async () => {
      const made = await skill('new', at('loud'), '--lang', 'c');
      expect(made).toMatchObject({ code: 1, out: '' });
      expect(made.err).toMatch(/no clang[^]*apt install clang lld[^]*no_compiler/);
      expect(existsSync(at('loud'))).toBe(false);
    });

  test('is not made over another, nor under a bad name', async () => {
    await skill('new', at('shout'));
    expect(await skill('new', at('shout'))).toMatchObject({ code: 1 });
    expect(await skill('new', at('Shout!'))).toMatchObject({ code: 2 });
    expect(await skill('new', at('x'), '--lang', 'cobol')).toMatchObject({ code: 2 });
  });

  test('that does not compile says where', async () => {
    await skill('new', at('shout'));
    writeFileSync(at('shout', 'assembly', 'index.ts'), 'export function run(): nothing {}');
    const { code, err } = await skill('build', at('shout'));
    expect(code).toBe(1);
    expect(err).toMatch(/assembly\/index.ts[^]*nothing[^]*not_compiled/);
  });

  test.each([
    ['an unknown field', { more: 1 }, /more/],
    ['a capability that there is none of', { capabilities: [{ grant: 'files', why: 'x' }] }, /capabilit/],
    ['no version', { version: 'one' }, /version/],
  ])('with %s in skill.json is refused', async (_name, over, why) => {
    await skill('new', at('shout'));
    const about = JSON.parse(readFileSync(at('shout', 'skill.json'), 'utf8')) as object;
    writeFileSync(at('shout', 'skill.json'), JSON.stringify({ ...about, ...over }));
    const { code, err } = await skill('build', at('shout'));
    expect(code).toBe(1);
    expect(err).toMatch(why);
  });
});

describe('signing and publishing', () => {
  test('makes a key for this user alone, never says it, and uses it again', async () => {
    await skill('new', at('shout'));
    await skill('build', at('shout'));
    const first = await skill('sign', at('shout'), '--key', at('author.pem'));
    expect(statSync(at('author.pem')).mode & 0o777).toBe(0o600);
    const pem = readFileSync(at('author.pem'), 'utf8');
    const secret = pem.split('\n')[1]!.slice(-43);
    expect(first.out + first.err).not.toContain(secret);
    const author = /Author {2}([0-9a-f]{64})/.exec(first.out)![1];
    const again = await skill('sign', at('shout'), '--key', at('author.pem'));
    expect(again).toMatchObject({ code: 0, err: '' });
    expect(again.out).toContain(author);
    await openPackage(read('shout', 'build', 'manifest.json'), read('shout', 'build', 'skill.wasm'));
    // The same key to openssl.
    const { stdout } = spawnSync('openssl', ['pkey', '-in', at('author.pem'), '-pubout', '-outform', 'DER']);
    expect(stdout.subarray(-32).toString('hex')).toBe(author);
  });

  test('refuses a key that others may read, and what is none, without showing it', async () => {
    await signed();
    chmodSync(at('author.pem'), 0o644);
    const open = await skill('sign', at('shout'), '--key', at('author.pem'));
    expect(open).toMatchObject({ code: 1, out: '' });
    expect(open.err).toContain('key_not_private');
    writeFileSync(at('other.pem'), 'hunter2', { mode: 0o600 });
    const none = await skill('sign', at('shout'), '--key', at('other.pem'));
    expect(none).toMatchObject({ code: 1 });
    expect(none.err).not.toContain('hunter2');
  });

  test('a module that was changed after the build is not signed', async () => {
    await signed();
    writeFileSync(at('shout', 'build', 'skill.wasm'), Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    const { code, err } = await skill('sign', at('shout'), '--key', at('author.pem'));
    expect([code, err.includes('module_mismatch')]).toEqual([1, true]);
  });

  test('leaves a folder whose files have the names that its signed index gives', async () => {
    await signed();
    const publish = (...more: string[]) => skill('publish', at('site'), '--key', at('author.pem'), ...more);
    expect(await publish('--from', at('shout'), '--title', 'Ada')).toMatchObject({ code: 0 });
    const index = await parseIndex(read('site', 'index.json'));
    const [entry] = index.skills;
    expect(index).toMatchObject({ title: 'Ada', number: 1 });
    const files = [read('site', `${entry!.manifest_sha256}.json`), read('site', `${entry!.sha256}.wasm`)] as const;
    expect(await openPackage(...files)).toMatchObject({ name: 'shout', version: '0.1.0' });
    const revoked = await publish('--revoke', entry!.manifest_sha256, '--reason', 'It shouts too loudly.');
    expect(revoked).toMatchObject({ code: 0 });
    expect(await parseIndex(read('site', 'index.json'))).toMatchObject({
      number: 2,
      revoked: [{ reason: 'It shouts too loudly.' }],
    });
    const other = await skill('publish', at('site'), '--from', at('shout'), '--key', at('another.pem'));
    expect(other).toMatchObject({ code: 1 });
    expect((await parseIndex(read('site', 'index.json'))).number).toBe(2);
  });
});

describe('inspect', () => {
  test('tells of a module, of a manifest and of an index', async () => {
    await signed();
    await skill('publish', at('site'), '--from', at('shout'), '--key', at('author.pem'));
    const facts = async (...path: string[]) =>
      JSON.parse((await skill('inspect', at(...path), '--json')).out) as Record<string, unknown>;
    expect(await facts('shout', 'build', 'skill.wasm')).toMatchObject({
      kind: 'module',
      abi: 'raw',
      imports: [],
      exports: expect.arrayContaining(['run (i32,i32)->i64']),
      capabilities: [],
    });
    expect(await facts('shout', 'build', 'manifest.json')).toMatchObject({ kind: 'manifest', signature: 'holds' });
    expect(await facts('site', 'index.json')).toMatchObject({ kind: 'index', number: 1, signature: 'holds' });
    expect((await skill('inspect', at('shout', 'build', 'manifest.json'))).out).toMatch(/^name {12}shout$/m);
  });

  test('refuses what was changed after it was signed, and what is no module', async () => {
    await signed();
    const text = readFileSync(at('shout', 'build', 'manifest.json'), 'utf8');
    writeFileSync(at('forged.json'), text.replace('"shout"', '"shoot"'));
    expect(await skill('inspect', at('forged.json'))).toMatchObject({ code: 1, out: '' });
    writeFileSync(at('not.wasm'), 'MZ');
    const none = await skill('inspect', at('not.wasm'));
    expect([none.code, none.err.includes('not_wasm')]).toEqual([1, true]);
    expect(await skill('inspect', at('nowhere.wasm'))).toMatchObject({ code: 2 });
  });
});

describe('run', () => {
  const module = (): string => at('shout', 'build', 'skill.wasm');

  test('prints outcome, gas and digests, the same each time', async () => {
    await signed();
    writeFileSync(at('input.txt'), 'Hello');
    const run = async () => {
      const { code, out } = await skill('run', module(), '--input', at('input.txt'), '--json');
      expect(code).toBe(0);
      const { ms, ...rest } = JSON.parse(out) as Record<string, unknown>;
      expect(typeof ms).toBe('number');
      return rest;
    };
    const once = await run();
    expect(once).toMatchObject({
      module_sha256: sha256Hex(read('shout', 'build', 'skill.wasm')),
      abi: 'raw',
      outcome: 'ok',
      output: 'HELLO',
      output_sha256: sha256Hex(utf8('HELLO')),
      memory_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(once['gas']).toBeGreaterThan(0);
    expect(await run()).toEqual(once);
    const plain = await skill('run', module(), '--input', at('input.txt'), '--out', at('output'));
    expect([plain.code, plain.out]).toEqual([0, '']);
    expect(readFileSync(at('output'), 'utf8')).toBe('HELLO');
  });

  test('a run without enough gas ends so, with exit code 1', async () => {
    await signed();
    writeFileSync(at('input.txt'), 'a'.repeat(10_000));
    const { code, out } = await skill('run', module(), '--input', at('input.txt'), '--gas', '100', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ outcome: 'out_of_gas', output_sha256: null });
  });

  test.each([
    [['run'], /Say which module/],
    [['run', 'a.wasm', 'b.wasm'], /one name too many/],
    [['run', 'a.wasm', '--gas', 'much'], /--gas/],
    [['run', 'a.wasm', '--abi', 'cobol'], /--abi/],
    [['run', 'a.wasm', '--grant', 'everything'], /--grant everything/],
    [['run', 'a.wasm', '--fast'], /--fast/],
    [['sign', '.'], /not there/],
    [['frobnicate'], /no sovereign skill frobnicate/],
    [[], /Say what to do/],
  ])('%j is wrong usage', async (argv, why) => {
    const { code, out, err } = await skill(...argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(why);
    expect(err).toContain('Usage:');
  });
});
