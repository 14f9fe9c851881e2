import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  cosign,
  cosignerKey,
  formatCheckpoint,
  formatWitnessPolicy,
  inTotoKeyId,
  noteKey,
  parseNote,
  publicKeyPem,
  signerFromSeed,
  signNote,
  thresholdPolicy,
  type Signer,
} from '../../../crypto';
import type { BundleFile } from '../../../protocol/bundle';
import { drop, put, resum, rewriteLog, textOf } from '../../../verify/testing/forge';
import { makeKeys, makeSample, type Keys, type Sample } from '../../../verify/testing/sample';
import { VERIFY_SCRIPT } from './index';

const MINUTES = 900_000;
const TOOLS =
  'base64 basenc bash cat cmp comm cut dirname find grep head jq mkdir mktemp mv od openssl paste realpath rm sed seq ' +
  'sha256sum sort split stat tail timeout tr wc xargs';

let sample: Sample;
let attacker: Keys;
let home: string;
/** Holds only what the script may use: a changed byte must not call whatever else the machine has (`ex`, of `export`). */
let bin: string;
let count = 0;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'sovereign-sh-'));
  bin = join(home, 'bin');
  mkdirSync(bin);
  for (const tool of TOOLS.split(' '))
    symlinkSync(spawnSync('which', [tool], { encoding: 'utf8' }).stdout.trim(), join(bin, tool));
  sample = await makeSample(cedar, { more: 20 });
  attacker = await makeKeys(50);
  writeFileSync(join(home, 'pin.pem'), publicKeyPem(sample.keys.governance.publicKey));
  writeFileSync(join(home, 'other.pem'), publicKeyPem(attacker.governance.publicKey));
}, 60_000);
afterAll(() => rmSync(home, { recursive: true }));

function lay(files: readonly BundleFile[]): string {
  const dir = join(home, `bundle-${count++}`);
  for (const { path, bytes } of files) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), bytes);
  }
  return dir;
}

interface Ended {
  status: number | null;
  said: string;
}

/** Runs the bundle's own script with the pinned key, as a stranger would. */
function run(dir: string, pin: string | null = 'pin.pem', env: NodeJS.ProcessEnv = process.env): Ended {
  const args = pin === null ? ['verify.sh'] : ['verify.sh', join(home, pin)];
  const { status, stdout } = spawnSync('bash', args, { cwd: dir, env, encoding: 'latin1' });
  return { status, said: stdout };
}
const failsAt = (files: readonly BundleFile[]): string => {
  const { status, said } = run(lay(files));
  expect(status).toBe(33);
  return said.split('\n').find((line) => line.startsWith('FAIL')) ?? said;
};
const edited = (files: readonly BundleFile[], path: string, edit: (bytes: Uint8Array) => void): BundleFile[] => {
  const bytes = Uint8Array.from(files.find((file) => file.path === path)!.bytes);
  edit(bytes);
  return put(files, path, bytes);
};
const linkOf = (files: readonly BundleFile[], step: string, by: keyof Keys): string => {
  const name = `${step}.${inTotoKeyId(sample.keys[by].publicKey).slice(0, 8)}.link`;
  return files.find((file) => file.path.endsWith(name))!.path;
};
const resigned = (files: readonly BundleFile[]): Promise<BundleFile[]> => resum(files, sample.keys.governance);

describe('verify.sh on an intact bundle', () => {
  test('verifies with the key', () => {
    const { status, said } = run(lay(sample.files));
    expect(said).toMatch(/VERIFIED: intact, and signed by the key that you gave\.\n$/);
    expect(said.match(/^ok /gm)).toHaveLength(24);
    expect(status).toBe(0);
  });

  test('without a key it says so, plainly', () => {
    const { status, said } = run(lay(sample.files), null);
    expect(said).toMatch(/UNAUTHENTICATED/);
    expect(said).not.toMatch(/VERIFIED:/);
    expect(status).toBe(0);
  });

  test('from another directory, with a relative path to the key', () => {
    const dir = lay(sample.files);
    const { status } = spawnSync('bash', [join(dir, 'verify.sh'), 'pin.pem'], { cwd: home });
    expect(status).toBe(0);
  });

  test('with nothing in the path but stock tools, without ssh-keygen', () => {
    expect(run(lay(sample.files), 'pin.pem', { PATH: bin })).toMatchObject({ status: 0 });
  });

  test('leaves nothing behind and writes nothing beside the evidence', () => {
    const dir = lay(sample.files);
    const scratch = join(home, 'scratch');
    mkdirSync(scratch);
    const before = spawnSync('find', [dir, '-newermt', '1970-01-01', '-printf', '%p %T@\n'], {
      encoding: 'utf8',
    }).stdout;
    chmodSync(dir, 0o500);
    expect(run(dir, 'pin.pem', { ...process.env, TMPDIR: scratch }).status).toBe(0);
    chmodSync(dir, 0o700);
    const after = spawnSync('find', [dir, '-newermt', '1970-01-01', '-printf', '%p %T@\n'], {
      encoding: 'utf8',
    }).stdout;
    expect(after).toBe(before);
    expect(spawnSync('ls', ['-A', scratch], { encoding: 'utf8' }).stdout).toBe('');
  });
});

describe('verify.sh fails', () => {
  test('against another key, and with a key file that is none', () => {
    expect(run(lay(sample.files), 'other.pem')).toMatchObject({ status: 33 });
    expect(run(lay(sample.files), 'missing.pem')).toMatchObject({ status: 33 });
  });

  test("on a bundle invented with the attacker's key; without a pin it says UNAUTHENTICATED", async () => {
    const invented = await makeSample(cedar, { keys: attacker });
    expect(failsAt(invented.files)).toMatch(/FAIL {2}the list is signed by the governance key/);
    expect(run(lay(invented.files), null).said).toMatch(/UNAUTHENTICATED/);
  }, 60_000);

  test('on an extra file, an extra link, a missing file', () => {
    expect(failsAt(put(sample.files, 'extra', 'x'))).toMatch(/exactly these files/);
    expect(failsAt(put(sample.files, 'SHA256SUMS.more', 'x'))).toMatch(/exactly these files/);
    expect(failsAt(drop(sample.files, 'README.txt'))).not.toMatch(/VERIFIED/);
    const dir = lay(sample.files);
    symlinkSync('/etc/passwd', join(dir, 'link'));
    expect(run(dir).said).toMatch(/FAIL {2}SHA256SUMS lists exactly/);
  });

  test.each<[string, RegExp, (files: BundleFile[]) => Promise<BundleFile[]> | BundleFile[]]>([
    [
      'entries cut off',
      /counts the entries/,
      (files) => {
        const text = textOf(files, 'log/entries.jsonl').split('\n').slice(0, -3).join('\n');
        return put(files, 'log/entries.jsonl', `${text}\n`);
      },
    ],
    [
      'an entry edited',
      /unbroken chain/,
      (files) => put(files, 'log/entries.jsonl', textOf(files, 'log/entries.jsonl').replace('"done"', '"dOne"')),
    ],
    [
      'the last entry edited',
      /has the root/,
      (files) => put(files, 'log/entries.jsonl', textOf(files, 'log/entries.jsonl').replace('0.1.19', '0.1.91')),
    ],
    [
      'the log rewritten without the log key',
      /signed by the log key/,
      (files) => rewriteLog(files, (entries) => entries.slice(0, -1)),
    ],
    [
      'another owner key',
      /that the log has in force/,
      (files) => put(files, 'keys/owner.pub.pem', publicKeyPem(attacker.owner.publicKey)),
    ],
    [
      'a changed statement',
      /statements are signed/,
      (files) => {
        const path = 'attest/run-1.train.dsse.json';
        return put(files, path, textOf(files, path).replace(/"sig":"../, '"sig":"AA'));
      },
    ],
    ['an artifact swapped', /stages made is here/, (files) => put(files, 'artifacts/run-1/train/model.json', '{}')],
    [
      'a hash in a tile',
      /the tiles are those/,
      (files) => edited(files, 'log/tile/0/000.p/42', (bytes) => (bytes[40]! ^= 1)),
    ],
    ['a tile too many', /the tiles are those/, (files) => put(files, 'log/tile/1/000.p/1', new Uint8Array(32))],
    [
      'a hash in a proof',
      /proved one by one/,
      (files) =>
        put(files, 'proofs/1.tlog-proof', textOf(files, 'proofs/1.tlog-proof').replace(/\n[A-Za-z]{2}/, '\nzz')),
    ],
    [
      'a proof under the number of another entry',
      /proved one by one/,
      (files) => put(files, 'proofs/2.tlog-proof', textOf(files, 'proofs/1.tlog-proof')),
    ],
    [
      'a hash in the consistency proof',
      /continues its older checkpoint/,
      (files) => edited(files, 'proofs/consistency.txt', (bytes) => (bytes[20]! ^= 1)),
    ],
    [
      'an older checkpoint of another tree',
      /continues its older checkpoint/,
      async (files) => {
        const [origin] = textOf(files, 'log/checkpoint').split('\n');
        const body = formatCheckpoint({ origin: origin!, size: 1, root: '00'.repeat(32) });
        return put(files, 'log/checkpoint.old', await signNote(body, origin!, sample.keys.log));
      },
    ],
    [
      'a second signature for minisign by another key',
      /signify and minisign/,
      (files) => edited(files, 'log/checkpoint.body.minisig', (bytes) => (bytes[bytes.length - 9]! ^= 1)),
    ],
    [
      'a verifier key of another log',
      /same keys/,
      (files) => put(files, 'keys/log.vkey', textOf(files, 'keys/log.vkey').replace('sovereign', 'sovereigm')),
    ],
    ['a link left out', /in-toto links/, (files) => drop(files, linkOf(files, 'promote', 'owner'))],
    [
      'a product changed in a link',
      /in-toto links/,
      (files) => {
        const link = linkOf(files, 'train', 'node');
        return put(files, link, textOf(files, link).replace('model.json', 'modem.json'));
      },
    ],
    [
      'a layout that asks for less',
      /in-toto links/,
      (files) => {
        const layout = 'intoto/run-1/root.layout';
        return put(files, layout, textOf(files, layout).replace('"threshold":2', '"threshold":1'));
      },
    ],
    [
      'a training stage without provenance',
      /has its provenance/,
      (files) =>
        rewriteLog(
          files,
          (entries) => {
            const stage = entries.find((e) => e.type === 'STAGE_COMPLETED')!.data as { type?: string };
            stage.type = 'model_training';
            return entries;
          },
          sample.keys,
        ),
    ],
    [
      'a decision left out',
      /decisions are those/,
      (files) => put(files, 'policy/decisions.jsonl', textOf(files, 'policy/decisions.jsonl').replace(/^.*\n/, '')),
    ],
    [
      'another SSH signature',
      /byte for byte/,
      async (files) => {
        const other = await resum(files, attacker.governance);
        return put(files, 'SHA256SUMS.sig', textOf(other, 'SHA256SUMS.sig'));
      },
    ],
  ])('on %s, even by who can sign the list', async (name, where, edit) => {
    const bad = await edit(await resigned(sample.files));
    const signed = name === 'another SSH signature' ? bad : await resigned(bad);
    expect(failsAt(signed)).toMatch(where);
  });
});

describe('witnesses', () => {
  const NAMES = ['w1.example', 'w2.example', 'w3.example'];
  let witnesses: Signer[];
  let cosigned: Sample;
  beforeAll(async () => {
    witnesses = await Promise.all(NAMES.map((_, i) => signerFromSeed(new Uint8Array(32).fill(80 + i))));
    // The third one did not answer.
    const cosignedBy = async (note: string): Promise<string> => {
      const { text } = parseNote(note)!;
      const lines = [0, 1].map((i) => cosign(text, NAMES[i]!, witnesses[i]!, 1_770_000_000 + i));
      return note + (await Promise.all(lines)).join('');
    };
    cosigned = await makeSample(cedar, { cosignedBy });
  }, 60_000);

  /** Runs the script with a policy that asks for `threshold` of the three. */
  function against(threshold: number, edit: (policy: string) => string = (policy) => policy, keys = witnesses): Ended {
    const [origin] = textOf(cosigned.files, 'log/checkpoint').split('\n');
    const keyed = new Map(NAMES.map((name, i) => [name, cosignerKey(name, keys[i]!.publicKey)]));
    const log = noteKey(origin!, cosigned.keys.log.publicKey);
    const policy = edit(formatWitnessPolicy(thresholdPolicy([log], keyed, threshold)));
    writeFileSync(join(home, 'policy.txt'), policy);
    const { status, stdout } = spawnSync('bash', ['verify.sh', join(home, 'pin.pem'), join(home, 'policy.txt')], {
      cwd: lay(cosigned.files),
      encoding: 'latin1',
      env: { PATH: bin },
    });
    return { status, said: stdout };
  }

  test('a policy that two of three satisfy', () => {
    const { status, said } = against(2);
    expect(said).toMatch(/^WITNESSED: /m);
    expect(said).toMatch(/VERIFIED: /);
    expect(status).toBe(0);
  });

  test('fails when the third is needed too', () => {
    expect(against(3)).toMatchObject({ status: 33, said: expect.stringMatching(/FAIL {2}enough of your witnesses/) });
  });

  test('fails with witnesses of the same names and other keys', async () => {
    const others = await Promise.all(NAMES.map((_, i) => signerFromSeed(new Uint8Array(32).fill(90 + i))));
    expect(against(1, (policy) => policy, others)).toMatchObject({ status: 33 });
  });

  test('fails with the policy of another log, and with a file that is no policy', () => {
    expect(against(1, (policy) => policy.replace(/^log \S/, 'log x'))).toMatchObject({ status: 33 });
    expect(against(1, () => 'quorum: everyone\n')).toMatchObject({ status: 33 });
    expect(against(1, () => '')).toMatchObject({ status: 33 });
  });

  test('a policy that asks for nobody is said to be one', () => {
    expect(against(0)).toMatchObject({ status: 0, said: expect.stringMatching(/NOT WITNESSED: the policy/) });
  });
});

describe('one changed byte', () => {
  test(
    'in any file, at several places each',
    () => {
      const dir = lay(sample.files);
      for (const { path, bytes } of sample.files) {
        const places = [0, 1, bytes.length >> 2, bytes.length >> 1, bytes.length - 2, bytes.length - 1];
        // No list covers the SSH signature: more places there.
        if (path === 'SHA256SUMS.sig') for (let at = 3; at < bytes.length; at += 11) places.push(at);
        for (const at of places) {
          const changed = Uint8Array.from(bytes);
          changed[at]! ^= at % 2 === 0 ? 1 : 0x20;
          writeFileSync(join(dir, path), changed);
          expect(run(dir, 'pin.pem', { PATH: bin }).status, `${path}:${at}`).not.toBe(0);
        }
        writeFileSync(join(dir, path), bytes);
      }
      expect(run(dir).status).toBe(0);
    },
    MINUTES,
  );

  test(
    'in the script itself, where it decides and at seeded places',
    () => {
      const dir = lay(sample.files);
      const path = join(dir, 'verify.sh');
      const script = readFileSync(path);
      const tryByte = (at: number, byte: number): number | null => {
        if (script[at] === byte) return 1;
        const changed = Buffer.from(script);
        changed[at] = byte;
        writeFileSync(path, changed);
        const args = ['-s', 'KILL', '60', 'bash', 'verify.sh', '../pin.pem'];
        return spawnSync('timeout', args, { cwd: dir, stdio: 'ignore', env: { PATH: bin } }).status;
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
