/** A real bundle under tools that others wrote. Each must accept it, and refuse it once something is changed. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allowedSigner, encodeKrl, inTotoKeyId, publicKeyPem, sshTime } from '../../crypto';
import { BUNDLE } from '../../protocol/bundle';
import { makeSample, type Sample } from '../../verify/testing/sample';

let home: string;
let sample: Sample;
let dir: string;
let copies = 0;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'sovereign-outside-'));
  sample = await makeSample(cedar, { more: 300, run: 'run-1' });
  dir = join(home, 'bundle');
  for (const { path, bytes } of sample.files) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), bytes);
  }
  writeFileSync(join(home, 'pin.pem'), publicKeyPem(sample.keys.governance.publicKey));
});
afterAll(() => rmSync(home, { recursive: true }));

/** Whether `tool` is here; says so when it is not. */
function has(tool: string): boolean {
  const found = spawnSync('which', [tool]).status === 0;
  if (!found) console.log(`${tool}: not run, because it is not installed`);
  return found;
}

/** The exit code of a shell command in the bundle, or in a copy of it that was changed first. */
function status(command: string, change?: (dir: string) => void): number | null {
  let cwd = dir;
  if (change) {
    cwd = join(home, `changed-${copies++}`);
    cpSync(dir, cwd, { recursive: true });
    change(cwd);
  }
  return spawnSync('bash', ['-o', 'pipefail', '-ec', command], { cwd, env: { ...process.env, HOME: home } }).status;
}

const edit = (path: string, from: string | RegExp, to: string) => (cwd: string) => {
  const before = readFileSync(join(cwd, path), 'latin1');
  const after = before.replace(from, to);
  if (after === before) throw new Error(`nothing to change in ${path}`);
  writeFileSync(join(cwd, path), after, 'latin1');
};

test('sha256sum: every file is as the list says', () => {
  const command = 'sha256sum --check --strict --quiet SHA256SUMS';
  expect(status(command)).toBe(0);
  expect(status(command, edit('README.txt', 'WHAT', 'What'))).not.toBe(0);
});

test('openssl: the governance key signed the list', () => {
  const command = 'openssl pkeyutl -verify -pubin -inkey ../pin.pem -rawin -in SHA256SUMS -sigfile SHA256SUMS.ed25519';
  expect(status(command)).toBe(0);
  expect(status(command, edit('SHA256SUMS', /^./, 'x'))).not.toBe(0);
});

describe('ssh-keygen -Y verify', () => {
  const verify = (krl = 'keys/revoked.krl', at = '20260601000000Z'): string =>
    `ssh-keygen -Y verify -f keys/allowed_signers -r ${krl} -I ${BUNDLE.principal} -n ${BUNDLE.namespace} ` +
    `-O verify-time=${at} -s SHA256SUMS.sig < SHA256SUMS`;

  test('accepts the list, with the signers and the revoked keys in the bundle', () => {
    if (!has('ssh-keygen')) return;
    expect(status(verify())).toBe(0);
    expect(status(verify(), edit('SHA256SUMS', /^./, 'x'))).not.toBe(0);
  });

  test('refuses a signature from before the key was in force', () => {
    if (!has('ssh-keygen')) return;
    expect(status(verify('keys/revoked.krl', '20260101000000Z'))).not.toBe(0);
  });

  test('refuses a key once it was replaced, and once it is revoked', () => {
    if (!has('ssh-keygen')) return;
    const { publicKey } = sample.keys.governance;
    const validity = { after: '2026-01-02T03:04:05.678Z', before: '2026-05-01T00:00:00.000Z' };
    const line = allowedSigner(BUNDLE.principal, BUNDLE.namespace, publicKey, validity);
    const replaced = (cwd: string) => writeFileSync(join(cwd, 'keys/allowed_signers'), line);
    expect(status(verify(), replaced)).not.toBe(0);
    expect(status(verify('keys/revoked.krl', sshTime('2026-04-30T23:59:59.000Z')), replaced)).toBe(0);
    const revoked =
      (...keys: Uint8Array[]) =>
      (cwd: string) =>
        writeFileSync(join(cwd, 'other.krl'), encodeKrl(keys, 1_770_000_000, 'test'));
    expect(status(verify('other.krl'), revoked(sample.keys.owner.publicKey))).toBe(0);
    expect(status(verify('other.krl'), revoked(sample.keys.owner.publicKey, publicKey))).not.toBe(0);
  });
});

test('signify-openbsd: the log key signed the checkpoint', () => {
  if (!has('signify-openbsd')) return;
  const command = 'signify-openbsd -V -p keys/log.signify.pub -x log/checkpoint.body.sig -m log/checkpoint.body';
  expect(status(command)).toBe(0);
  expect(status(command, edit('log/checkpoint.body', /\n3/, '\n4'))).not.toBe(0);
});

test('minisign: the log key signed the checkpoint and the trusted comment', () => {
  if (!has('minisign')) return;
  const command = 'minisign -V -p keys/log.signify.pub -x log/checkpoint.body.minisig -m log/checkpoint.body';
  expect(status(command)).toBe(0);
  expect(status(command, edit('log/checkpoint.body', /\n3/, '\n4'))).not.toBe(0);
  expect(status(command, edit('log/checkpoint.body.minisig', / size \d+/, ' size 7'))).not.toBe(0);
});

describe('in-toto-verify', () => {
  // Somewhere else: it may leave files where it stands.
  const command =
    'B=$PWD; cd "$(mktemp -d)"; in-toto-verify --layout "$B/intoto/root.layout" ' +
    '--layout-keys "$B/intoto/governance.pub.json" --key-types ed25519 --link-dir "$B/intoto"';
  const link = (cwd: string, step: string, by: 'node' | 'owner'): string => {
    const id = inTotoKeyId(sample.keys[by].publicKey).slice(0, 8);
    return join(cwd, 'intoto', `${step}.${id}.link`);
  };

  test('accepts layout and links', () => {
    if (!has('in-toto-verify')) return;
    expect(readdirSync(join(dir, 'intoto')).filter((name) => name.startsWith('promote.'))).toHaveLength(2);
    expect(status(command)).toBe(0);
  });

  test("refuses a promotion without the owner's link: two of two are needed", () => {
    if (!has('in-toto-verify')) return;
    expect(status(command, (cwd) => rmSync(link(cwd, 'promote', 'owner')))).not.toBe(0);
  });

  test('refuses another product, and another layout', () => {
    if (!has('in-toto-verify')) return;
    const product = (cwd: string) => edit(link('', 'train', 'node'), 'model.json', 'modem.json')(cwd);
    expect(status(command, product)).not.toBe(0);
    expect(status(command, edit('intoto/root.layout', '"threshold":2', '"threshold":1'))).not.toBe(0);
  });
});

test('jq: the log is a chain, and every decision in the list has its entry', () => {
  const command =
    "jq -es '[.[].seq] == [range(length)]' log/entries.jsonl; " +
    'jq -es --slurpfile log log/entries.jsonl ' +
    '\'all(.[]; $log[.seq].type | test("^(EXECUTION|APPROVAL)_"))\' policy/decisions.jsonl';
  expect(status(command)).toBe(0);
  expect(status(command, edit('log/entries.jsonl', '"seq":4', '"seq":5'))).not.toBe(0);
  expect(status(command, edit('policy/decisions.jsonl', /"seq":\d+/, '"seq":0'))).not.toBe(0);
});

test('unzip: the zip holds the same files, and a changed byte is seen', () => {
  if (!has('unzip')) return;
  writeFileSync(join(home, 'bundle.zip'), sample.zip);
  expect(status('unzip -q ../bundle.zip -d ../unzipped && diff -r . ../unzipped')).toBe(0);
  const changed = Uint8Array.from(sample.zip);
  changed[2000]! ^= 1;
  writeFileSync(join(home, 'bundle.zip'), changed);
  expect(status('unzip -tqq ../bundle.zip')).not.toBe(0);
});

test("Go's note and tlog: checkpoint, root, tiles and proofs", () => {
  const cwd = join(import.meta.dirname, '../../../e2e/go');
  const go = (...args: string[]) =>
    spawnSync('go', args, { cwd, encoding: 'utf8', env: { ...process.env, GOFLAGS: '-buildvcs=false' } });
  const got = go('build', '-o', join(home, 'check'), '.');
  if (got.error || got.status !== 0) {
    console.log(`go: not run, because ${got.error ? 'it is not installed' : got.stderr.trim().split('\n').at(-1)}`);
    return;
  }
  expect(spawnSync(join(home, 'check'), [dir], { encoding: 'utf8' }).stdout).toMatch(/ALL PASS\n$/);
  const changes: [string, string | RegExp, string][] = [
    ['log/entries.jsonl', '"seq":4', '"seq":5'],
    ['log/checkpoint', /\n3/, '\n2'],
    ['log/tile/0/000', /^./s, 'xx'],
    ['log/tile/1/000.p/1', /^./s, ''],
    ['proofs/0.tlog-proof', 'index 0', 'index 1'],
    ['proofs/consistency.txt', /^old \d+/, 'old 2'],
  ];
  for (const change of changes) {
    const bad = join(home, `go-${change[0].replaceAll('/', '-')}`);
    cpSync(dir, bad, { recursive: true });
    edit(...change)(bad);
    expect(spawnSync(join(home, 'check'), [bad]).status, change[0]).toBe(1);
  }
});
