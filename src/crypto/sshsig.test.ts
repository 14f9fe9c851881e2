import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { allowedSigner, encodeSshsig, signerFromSeed, sshsigMessage, utf8, verifySshsig, type Signer } from '.';

const NAMESPACE = 'sovereign-bundle';
const MESSAGE = utf8('a list of files\n');

let signer: Signer;
let armour: string;
beforeAll(async () => {
  signer = await signerFromSeed(new Uint8Array(32).fill(9));
  armour = encodeSshsig(signer.publicKey, NAMESPACE, await signer.sign(sshsigMessage(NAMESPACE, MESSAGE)));
});

describe('SSHSIG', () => {
  test('holds for its key, namespace and message only', async () => {
    const other = (await signerFromSeed(new Uint8Array(32).fill(10))).publicKey;
    expect(await verifySshsig(armour, signer.publicKey, NAMESPACE, MESSAGE)).toBe(true);
    expect(await verifySshsig(armour, other, NAMESPACE, MESSAGE)).toBe(false);
    expect(await verifySshsig(armour, signer.publicKey, 'git', MESSAGE)).toBe(false);
    expect(await verifySshsig(armour, signer.publicKey, NAMESPACE, utf8('another list\n'))).toBe(false);
  });

  test('no character of the file can change', async () => {
    for (let at = 0; at < armour.length; at++) {
      const changed = armour.slice(0, at) + (armour[at] === 'A' ? 'B' : 'A') + armour.slice(at + 1);
      expect(await verifySshsig(changed, signer.publicKey, NAMESPACE, MESSAGE), `at ${at}`).toBe(false);
    }
    for (const changed of [`${armour}\n`, armour.trimEnd(), armour.replace('\n', '\r\n'), ''])
      expect(await verifySshsig(changed, signer.publicKey, NAMESPACE, MESSAGE)).toBe(false);
  });

  test('ssh-keygen agrees', () => {
    const dir = mkdtempSync(join(tmpdir(), 'sovereign-ssh-'));
    try {
      writeFileSync(join(dir, 'allowed'), allowedSigner('governance@sovereign', NAMESPACE, signer.publicKey));
      writeFileSync(join(dir, 'sig'), armour);
      const args = ['-Y', 'verify', '-f', 'allowed', '-I', 'governance@sovereign', '-n', NAMESPACE, '-s', 'sig'];
      expect(execFileSync('ssh-keygen', args, { cwd: dir, input: MESSAGE }).toString()).toMatch(/^Good /);
      expect(() => execFileSync('ssh-keygen', args, { cwd: dir, input: 'other', stdio: 'pipe' })).toThrow();
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
