import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cosignerKey, formatWitnessPolicy, noteKey, publicKeyPem, thresholdPolicy } from '../src/crypto';
import { formatDisclosures, hiddenBy } from '../src/privacy';
import type { BundleFile } from '../src/protocol/bundle';
import { dataOf, drop, entriesOf, put, resum, rewriteLog, textOf } from '../src/verify/testing/forge';
import { makeKeys, makeSample, type Sample } from '../src/verify/testing/sample';
import { loadCedar } from './home/cedar';
import { runVerify } from './verify';
import { VERIFY_USAGE } from './verify-args';

let sample: Sample;
let home: string;
const at = (name: string): string => join(home, name);
let out = '';
let err = '';
const verify = (...args: string[]): Promise<number> =>
  runVerify(args, {
    out: (text) => (out += text),
    err: (text) => (err += text),
    loadCedar,
  });

async function lay(name: string, files: readonly BundleFile[]): Promise<string> {
  for (const { path, bytes } of files) {
    await mkdir(dirname(join(at(name), path)), { recursive: true });
    await writeFile(join(at(name), path), bytes);
  }
  return at(name);
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sovereign-cli-'));
  sample = await makeSample(cedar);
  await lay('bundle', sample.files);
  await writeFile(at('bundle.zip'), sample.zip);
  await writeFile(at('pin.pem'), publicKeyPem(sample.keys.governance.publicKey));
  await writeFile(at('other.pem'), publicKeyPem((await makeKeys(50)).governance.publicKey));
});
afterAll(() => rm(home, { recursive: true }));
beforeEach(() => {
  out = '';
  err = '';
});

describe('sovereign verify', () => {
  test.each(['bundle', 'bundle.zip'])('%s with the key: 0, verified', async (name) => {
    expect(await verify(at(name), '--key', at('pin.pem'))).toBe(0);
    expect(out).toMatch(/^pass {5}integrity/m);
    expect(out).toMatch(/^pass {5}authenticity/m);
    expect(out).toMatch(/^unknown {2}non-equivocation/m);
    expect(out).toMatch(/\nVERIFIED: intact, and signed by the key that you gave\.\n$/);
    expect(err).toBe('');
  });

  test.each(['bundle', 'bundle.zip'])('%s without a key: 0, but unauthenticated', async (name) => {
    expect(await verify(at(name))).toBe(0);
    expect(out).toMatch(/^unknown {2}authenticity {6}unauthenticated: no key given from outside/m);
    expect(out).toMatch(/INTACT, UNAUTHENTICATED/);
  });

  test.each([
    ['bundle.zip', 0, ['--key', 'pin.pem']],
    ['bundle.zip', 1, ['--key', 'other.pem']],
    ['noise.zip', 2, []],
  ] as const)('%s, exit code %i: no file stays open', async (name, code, args) => {
    await writeFile(at('noise.zip'), 'noise');
    expect(await verify(at(name), ...args.map((arg) => (arg.startsWith('-') ? arg : at(arg))))).toBe(code);
    const open = await Promise.all((await readdir('/dev/fd')).map((fd) => readlink(`/dev/fd/${fd}`).catch(() => '')));
    expect(open.filter((path) => path.startsWith(home))).toEqual([]);
  });

  test('says which personal fields the bundle shows, without what would move the cursor', async () => {
    const note = { salt: 'a'.repeat(32), value: 'Yearly\u202e change' };
    const { files } = await makeSample(cedar, {
      keys: sample.keys,
      also: ({ log }) => log.append({ type: 'DEVICE_REBOUND', data: { note: hiddenBy(note) } }).then(() => undefined),
    });
    const seq = entriesOf(files).findIndex(({ type }) => type === 'DEVICE_REBOUND');
    const openings = formatDisclosures([{ ...note, seq, pointer: '/data/note' }]);
    const shown = await resum(put(files, 'disclosed/openings.jsonl', openings), sample.keys.governance);
    expect(await verify(await lay('shown', shown), '--key', at('pin.pem'))).toBe(0);
    expect(out).toContain(`\nShows   entry ${seq} /data/note: "Yearly? change"\n`);
  });

  test("another node's key: 1", async () => {
    expect(await verify(at('bundle.zip'), '--key', at('other.pem'))).toBe(1);
    expect(out).toMatch(/^fail {5}authenticity/m);
    expect(out).toMatch(/NOT VERIFIED\n$/);
  });

  test('--json: verdicts and problems, one object', async () => {
    expect(await verify(at('bundle'), '--json', '--key', at('pin.pem'))).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      format: 'sovereign-bundle',
      verdicts: {
        integrity: 'pass',
        authenticity: 'pass',
        nonEquivocation: 'unknown',
        time: 'unknown',
        policyReplay: 'pass',
      },
      problems: [],
      facts: { entries: 22 },
    });
    out = '';
    const tampered = await lay('tampered-json', put(sample.files, 'README.txt', 'hi'));
    expect(await verify(tampered, '--json')).toBe(1);
    const { problems } = JSON.parse(out) as { problems: object[] };
    expect(problems).toEqual([{ code: 'changed_file', where: 'README.txt', message: expect.any(String) as string }]);
  });

  test('a tampered bundle: 1, with the place; and nothing is created beside it', async () => {
    const text = textOf(sample.files, 'log/entries.jsonl').replace('"done"', '"dOne"');
    const dir = await lay('tampered', put(sample.files, 'log/entries.jsonl', text));
    const before = await readdir(home, { recursive: true });
    expect(await verify(dir, '--key', at('pin.pem'))).toBe(1);
    expect(out).toMatch(/log\/entries\.jsonl: The file is not the one that was listed/);
    expect(out).toMatch(/log\/entries\.jsonl:\d+: Entry \d+: it does not carry the hash of the line before it/);
    expect(await readdir(home, { recursive: true })).toEqual(before);
  });

  test('a zip with one changed byte: 1', async () => {
    const changed = Uint8Array.from(sample.zip);
    changed[100]! ^= 1;
    await writeFile(at('changed.zip'), changed);
    expect(await verify(at('changed.zip'))).toBe(1);
    expect(out).toMatch(/the zip is not as it was written/);
  });

  test('names that a stranger chose cannot drive the terminal', async () => {
    const text = textOf(sample.files, 'log/entries.jsonl').replace('train.csv', '\\u001b[2J\u202eevil.csv');
    const dir = await lay(
      'escape',
      put(drop(sample.files, 'artifacts/run-1/prepare/train.csv'), 'log/entries.jsonl', text),
    );
    expect(await verify(dir)).toBe(1);
    expect(out).toMatch(/evil\.csv/);
    expect([...out].filter((char) => char === '\u001b' || char === '\u202e')).toEqual([]);
  });

  test('--older: the log goes on from there, or was rewritten', async () => {
    await writeFile(at('kept'), textOf(sample.files, 'log/checkpoint'));
    expect(await verify(at('bundle'), '--key', at('pin.pem'), '--older', at('kept'))).toBe(0);
    expect(out).toMatch(/^pass {5}non-equivocation/m);
    expect(out).toMatch(/nobody was shown another log\.\n$/);
    const better = await rewriteLog(
      sample.files,
      (entries) => {
        dataOf(entries, 'STAGE_COMPLETED').summary = 'better';
        return entries;
      },
      sample.keys,
    );
    const dir = await lay('rewritten', await resum(better, sample.keys.governance));
    expect(await verify(dir, '--key', at('pin.pem'))).toBe(0);
    expect(await verify(dir, '--key', at('pin.pem'), '--older', at('kept'))).toBe(1);
    expect(out).toMatch(/the log was rewritten/);
  });

  test('--witness-policy: nobody cosigned, so it is not verified', async () => {
    const key = cosignerKey('witness.example', sample.keys.node.publicKey);
    const origin = textOf(sample.files, 'log/checkpoint').split('\n')[0]!;
    const terms = thresholdPolicy([noteKey(origin, sample.keys.log.publicKey)], new Map([[key.name, key]]), 1);
    await writeFile(at('policy'), formatWitnessPolicy(terms));
    expect(await verify(at('bundle.zip'), '--witness-policy', at('policy'))).toBe(1);
    expect(out).toMatch(/^fail {5}non-equivocation/m);
  });

  test('--only: these verdicts alone decide', async () => {
    expect(await verify(at('bundle'), '--only', 'integrity,policyReplay')).toBe(0);
    expect(out).toMatch(/VERIFIED: integrity, policy replay, and nothing else was asked for/);
    for (const name of ['authenticity', 'time', 'nonEquivocation,integrity'])
      expect(await verify(at('bundle'), '--only', name), name).toBe(1);
    expect(await verify(at('bundle'), '--key', at('other.pem'), '--only', 'integrity')).toBe(0);
    expect(await verify(at('bundle'), '--only', 'everything')).toBe(2);
  });

  test('progress goes to where somebody looks on, and is taken away again', async () => {
    let shown = '';
    const progress = (text: string): void => void (shown += text);
    await runVerify([at('bundle.zip')], { out: () => undefined, err: () => undefined, progress, loadCedar });
    expect(shown).toMatch(/\rChecking zip: 100% *\rChecking files: .*\rChecking log: 100% *\r/s);
    expect(shown).toMatch(/\r +\r$/);
  });

  test('a key out of the bundle itself is warned of', async () => {
    expect(await verify(at('bundle'), '--key', join(at('bundle'), 'keys/governance.pub.pem'))).toBe(0);
    expect(err).toMatch(/lies inside the bundle/);
  });
});

describe('what cannot be read: 2', () => {
  test('a garbage file, an empty one, a directory of something else; nothing is created', async () => {
    await writeFile(at('garbage'), Buffer.alloc(5000, 'x'));
    await writeFile(at('empty'), '');
    await lay('photos', [{ path: 'photo.jpg', bytes: new Uint8Array(10) }]);
    const before = await readdir(home, { recursive: true });
    for (const name of ['garbage', 'empty', 'photos', 'missing']) {
      expect(await verify(at(name)), name).toBe(2);
      expect(err, name).toMatch(/^Could not be read: /);
      err = '';
    }
    expect(await readdir(home, { recursive: true })).toEqual(before);
  });

  test('--json says it as JSON', async () => {
    await writeFile(at('noise'), 'noise');
    expect(await verify(at('noise'), '--json')).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ format: null, error: { code: 'bad_zip' } });
  });

  test('a link, a pipe and a hidden file inside a directory', async () => {
    for (const [name, make] of [
      ['linked', (dir: string) => symlink('/etc/passwd', join(dir, 'link'))],
      ['piped', (dir: string) => Promise.resolve(execFileSync('mkfifo', [join(dir, 'pipe')]))],
      ['hidden', (dir: string) => writeFile(join(dir, '.DS_Store'), '')],
    ] as const) {
      const dir = await lay(name, sample.files);
      await make(dir);
      expect(await verify(dir, '--json'), name).toBe(2);
      expect(JSON.parse(out), name).toMatchObject({ error: { code: 'path_refused' } });
      out = '';
    }
  });

  test('a policy and a checkpoint that are none', async () => {
    await writeFile(at('hello'), 'hello');
    for (const option of ['--witness-policy', '--older'])
      expect(await verify(at('bundle'), option, at('hello'))).toBe(2);
  });

  test('a key that is none, and arguments that are none', async () => {
    expect(await verify(at('bundle'), '--key', at('bundle.zip'))).toBe(2);
    expect(err).toMatch(/not an? (Ed25519 public key|key file)/);
    for (const args of [[], ['a', 'b'], ['--what', 'x'], ['--key']]) {
      err = '';
      expect(await verify(...args)).toBe(2);
      expect(err).toContain(VERIFY_USAGE);
    }
  });
});
