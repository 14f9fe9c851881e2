import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeSample, type Sample } from '../../../verify/testing/sample';
import { ScriptBench } from './testkit';
import { VERIFY_SCRIPT } from './index';

const MINUTES = 900_000;

let sample: Sample;
let bench: ScriptBench;
beforeAll(async () => {
  sample = await makeSample(cedar, { more: 20 });
  bench = new ScriptBench(sample.keys.governance);
});
afterAll(() => bench.close());

describe('verify.sh on an intact bundle', () => {
  test('verifies with the key', () => {
    const { status, said } = bench.run(bench.lay(sample.files));
    expect(said).toMatch(/VERIFIED: intact, and signed by the key that you gave\.\n$/);
    expect(said.match(/^ok /gm)).toHaveLength(24);
    expect(status).toBe(0);
  });

  test('without a key it says so, plainly', () => {
    const { status, said } = bench.run(bench.lay(sample.files), []);
    expect(said).toMatch(/UNAUTHENTICATED/);
    expect(said).not.toMatch(/VERIFIED:/);
    expect(status).toBe(0);
  });

  test('from another directory, with a relative path to the key', () => {
    const dir = bench.lay(sample.files);
    const { status } = spawnSync('bash', [join(dir, 'verify.sh'), 'pin.pem'], { cwd: bench.home });
    expect(status).toBe(0);
  });

  test('with nothing in the path but stock tools, without ssh-keygen', () => {
    expect(bench.run(bench.lay(sample.files), ['pin.pem'], { PATH: bench.bin })).toMatchObject({ status: 0 });
  });

  test('leaves nothing behind and writes nothing beside the evidence', () => {
    const dir = bench.lay(sample.files);
    const scratch = join(bench.home, 'scratch');
    mkdirSync(scratch);
    const before = spawnSync('find', [dir, '-newermt', '1970-01-01', '-printf', '%p %T@\n'], {
      encoding: 'utf8',
    }).stdout;
    chmodSync(dir, 0o500);
    expect(bench.run(dir, ['pin.pem'], { ...process.env, TMPDIR: scratch }).status).toBe(0);
    chmodSync(dir, 0o700);
    const after = spawnSync('find', [dir, '-newermt', '1970-01-01', '-printf', '%p %T@\n'], {
      encoding: 'utf8',
    }).stdout;
    expect(after).toBe(before);
    expect(spawnSync('ls', ['-A', scratch], { encoding: 'utf8' }).stdout).toBe('');
  });
});

describe('one changed byte', () => {
  test(
    'in any file, at several places each',
    () => {
      const dir = bench.lay(sample.files);
      for (const { path, bytes } of sample.files) {
        const places = [0, 1, bytes.length >> 2, bytes.length >> 1, bytes.length - 2, bytes.length - 1];
        // No list covers the SSH signature: more places there.
        if (path === 'SHA256SUMS.sig') for (let at = 3; at < bytes.length; at += 11) places.push(at);
        for (const at of places) {
          const changed = Uint8Array.from(bytes);
          changed[at]! ^= at % 2 === 0 ? 1 : 0x20;
          writeFileSync(join(dir, path), changed);
          expect(bench.run(dir, ['pin.pem'], { PATH: bench.bin }).status, `${path}:${at}`).not.toBe(0);
        }
        writeFileSync(join(dir, path), bytes);
      }
      expect(bench.run(dir).status).toBe(0);
    },
    MINUTES,
  );

  test(
    'in the script itself, where it decides and at seeded places',
    () => {
      const dir = bench.lay(sample.files);
      const path = join(dir, 'verify.sh');
      const script = readFileSync(path);
      const tryByte = (at: number, byte: number): number | null => {
        if (script[at] === byte) return 1;
        const changed = Buffer.from(script);
        changed[at] = byte;
        writeFileSync(path, changed);
        const args = ['-s', 'KILL', '60', 'bash', 'verify.sh', '../pin.pem'];
        return spawnSync('timeout', args, { cwd: dir, stdio: 'ignore', env: { PATH: bench.bin } }).status;
      };
      // The characters that end, join, quote, comment out or negate.
      const meaningful = fc.constantFrom(...'#\'";&|!<>\n 0'.split('').map((c) => c.charCodeAt(0)));
      const byte = fc.oneof(meaningful, fc.nat(255));
      fc.assert(
        fc.property(fc.integer({ min: 0, max: script.length - 1 }), byte, (at, value) => tryByte(at, value) !== 0),
        { numRuns: 250 },
      );
      for (const line of [
        'sha256sum --check --strict --quiet',
        'if "$@"',
        "|| exit 33' EXIT",
        '[ "$passed" = \'every',
      ]) {
        const start = VERIFY_SCRIPT.indexOf(line);
        expect(start).toBeGreaterThan(0);
        for (let at = start; at < start + line.length; at++)
          for (const value of [0x23, 0x26, 0x20]) expect(tryByte(at, value), `${at} ${value}`).not.toBe(0);
      }
    },
    MINUTES,
  );
});
