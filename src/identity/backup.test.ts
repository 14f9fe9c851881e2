import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../protocol/limits';
import { systemRandom } from '../protocol/runtime';
import type { Json } from '../protocol/json';
import { base64, fromHex, fromUtf8, hex, jcs, sha256Text, utf8 } from '../crypto';
import { BACKUP_HEADER, readBackup, writeBackup } from './backup';
import { sealBox } from './box';
import { derivePublicKeys, FIRST_KEYS } from './keys';
import { stretch } from './passphrase';
import { phraseOf } from './phrase';
import { CHEAP, PASSPHRASE, codeOf, eachFlip } from './testkit';

const root = systemRandom.bytes(32);
const createdAt = '2026-01-02T03:04:05.678Z';
let file: string;
beforeAll(async () => {
  file = await writeBackup({ root, createdAt, indexes: FIRST_KEYS }, PASSPHRASE, CHEAP, systemRandom);
});

const contents = (): Record<string, Json> => JSON.parse(file.split('\n')[1]!) as Record<string, Json>;

/** A file as an attacker writes it: the digest made right again. */
const forged = (body: unknown): string => armoured(jcs(body));
function armoured(json: string): string {
  const lines = `${BACKUP_HEADER}\n${json}\n`;
  return `${lines}sha256:${sha256Text(lines)}\n`;
}

describe('backup file', () => {
  test('gives the root back with its passphrase, and not with another', async () => {
    const restored = await readBackup(file, PASSPHRASE);
    expect(hex(restored.root)).toBe(hex(root));
    expect(restored).toMatchObject({ createdAt, publicKeys: derivePublicKeys(root) });
    expect(await codeOf(readBackup(file, `${PASSPHRASE}!`))).toBe('wrong_passphrase');
  });

  test('is small ASCII text without any secret in it', () => {
    expect(utf8(file).length).toBeLessThan(LIMITS.backupBytes / 50);
    expect(file).toMatch(/^[\x20-\x7e\n]+$/);
    for (const secret of [hex(root), base64(root).slice(0, 42), phraseOf(root).join(' '), PASSPHRASE]) {
      expect(file).not.toContain(secret);
    }
  });

  test('any one byte flipped is refused as bad_backup', async () => {
    const bytes = utf8(file);
    for (let at = 0; at < bytes.length; at++) {
      for (const bit of [1, 0x20]) {
        const changed = Uint8Array.from(bytes);
        changed[at]! ^= bit;
        expect([at, bit, await codeOf(readBackup(fromUtf8(changed), PASSPHRASE))]).toEqual([at, bit, 'bad_backup']);
      }
    }
  });

  test('any byte replaced, removed or added is refused', async () => {
    const at = fc.nat({ max: file.length - 1 });
    const text = fc.string({ minLength: 0, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(at, fc.nat({ max: 2 }), text, async (from, remove, insert) => {
        const changed = file.slice(0, from) + insert + file.slice(from + remove);
        fc.pre(changed.replaceAll('\r\n', '\n') !== file);
        expect(await codeOf(readBackup(changed, PASSPHRASE))).toBe('bad_backup');
      }),
    );
  });

  test('any field changed with the digest made right is refused too', async () => {
    for (const [path, changed] of eachFlip(contents())) {
      const code = await codeOf(readBackup(forged(changed), PASSPHRASE));
      expect([path, ['bad_backup', 'wrong_passphrase'].includes(code)]).toEqual([path, true]);
    }
  });

  test('has one form: other JSON of the same content, and a key said twice, are refused', async () => {
    const json = jcs(contents());
    for (const other of [
      `${json} `,
      json.replace(':', ': '),
      json.replace('{', '{"v":2,'),
      JSON.stringify({ v: 1, ...contents() }),
    ]) {
      expect(other).not.toBe(json);
      expect(await codeOf(readBackup(armoured(other), PASSPHRASE))).toBe('bad_backup');
    }
    expect(armoured(json)).toBe(file);
  });

  test('survives a mail program’s line ends', async () => {
    const restored = await readBackup(file.replaceAll('\n', '\r\n'), PASSPHRASE);
    expect(hex(restored.root)).toBe(hex(root));
  });

  test('says what is wrong: not a backup, cut short, too long, too costly', async () => {
    const messageOf = (text: string) =>
      readBackup(text, PASSPHRASE).then(
        () => '',
        (error: unknown) => (error as Error).message,
      );
    expect(await messageOf('')).toContain('not a Sovereign Node backup');
    expect(await messageOf('-----BEGIN PGP MESSAGE-----\n')).toContain('not a Sovereign Node backup');
    expect(await messageOf(file.slice(0, 40))).toContain('cut short');
    expect(await messageOf(`${file}\n`)).toContain('something added');
    expect(await messageOf('x'.repeat(LIMITS.backupBytes + 1))).toContain('at most');
    const seal = { ...(contents()['seal'] as Record<string, Json>), m: LIMITS.argon2MemoryKiB + 1 };
    expect(await messageOf(forged({ ...contents(), seal }))).toContain('not in its form');
    expect(await messageOf(forged({ ...contents(), extra: true }))).toContain('not in its form');
  });

  test('a seal of the identity record does not open as a backup: the keys are for one use each', async () => {
    const { check: _check, box: _box, ...head } = contents();
    const salt = fromHex((head['seal'] as { salt: string }).salt)!;
    const secret = await stretch(PASSPHRASE, salt, CHEAP);
    const other = await sealBox(secret, 'seal', root, utf8(jcs(head)), systemRandom);
    expect(await codeOf(readBackup(forged({ ...head, ...other }), PASSPHRASE))).toBe('wrong_passphrase');
  });

  test('keys that do not come from the sealed root are refused, though whoever wrote it knew the passphrase', async () => {
    const { check: _check, box: _box, ...head } = contents();
    const other = { ...head, public_keys: derivePublicKeys(systemRandom.bytes(32)) };
    const secret = await stretch(PASSPHRASE, fromHex((head['seal'] as { salt: string }).salt)!, CHEAP);
    const sealed = await sealBox(secret, 'backup', root, utf8(jcs(other)), systemRandom);
    expect(await codeOf(readBackup(forged({ ...other, ...sealed }), PASSPHRASE))).toBe('bad_backup');
  });
});
