/** docs/vectors/identity.json was made by another implementation: these bytes must never change within version 1. */
import { describe, expect, test } from 'vitest';
import vectors from '../../docs/vectors/identity.json';
import type { Random } from '../protocol/runtime';
import { fromHex, hex } from '../crypto';
import { readBackup, writeBackup } from './backup';
import { derivePublicKeys, deriveSeed, deriveSigners, FIRST_KEYS, nodeIdOf } from './keys';
import { ARGON2 } from './passphrase';
import { fingerprintWords, phraseOf, rootOfPhrase } from './phrase';
import { RECORD_KEY } from './record';
import { KEY_PURPOSES } from './types';
import { Disk, newDevice, start } from './testkit';

/** Hands out the given bytes, in order. */
function scripted(stream: string): Random {
  let rest = fromHex(stream)!;
  return {
    bytes(length) {
      if (length > rest.length) throw new Error('more random bytes drawn than the vector has');
      const taken = rest.slice(0, length);
      rest = rest.slice(length);
      return taken;
    },
  };
}

describe.each(vectors.keys)('keys of root $root', (vector) => {
  const root = fromHex(vector.root)!;

  test('phrase both ways', () => {
    expect(phraseOf(root).join(' ')).toBe(vector.phrase);
    expect(hex(rootOfPhrase(vector.phrase.split(' ')))).toBe(vector.root);
  });

  test('seeds, public keys, node id and words', async () => {
    for (const purpose of KEY_PURPOSES) expect(hex(deriveSeed(root, purpose))).toBe(vector.seeds[purpose]);
    expect(derivePublicKeys(root)).toEqual(vector.public_keys);
    const signers = await deriveSigners(root);
    for (const purpose of KEY_PURPOSES) expect(hex(signers[purpose].publicKey)).toBe(vector.public_keys[purpose]);
    expect(nodeIdOf(vector.public_keys)).toBe(vector.node_id);
    expect(fingerprintWords(vector.node_id)).toBe(vector.words);
  });
});

describe('record under a passphrase', () => {
  const { passphrase, root, traits, stored, created_at } = vectors.record;
  const device = newDevice(traits);

  test('opens to its root', async () => {
    const disk = new Disk();
    disk.records.set(RECORD_KEY, stored);
    const service = start(disk, device);
    expect(await service.open()).toMatchObject({ state: 'locked', public: { publicKeys: stored.public_keys } });
    await service.unlock({ passphrase });
    expect(hex(rootOfPhrase(await service.recoveryPhrase()))).toBe(root);
  });

  test('is written byte by byte the same', async () => {
    const disk = new Disk();
    const clock = { now: () => Date.parse(created_at) };
    const maker = start(disk, device, { clock });
    await maker.restoreFromPhrase(phraseOf(fromHex(root)!));
    const writer = start(disk, device, {
      clock,
      random: scripted(vectors.record.random),
      argon2: vectors.record.argon2,
    });
    await writer.open();
    await writer.seal({ passphrase });
    expect(disk.records.get(RECORD_KEY)).toEqual(stored);
  });
});

describe('backup file', () => {
  const { file, passphrase, root, created_at } = vectors.backup;

  test('opens to its root, at the product’s own cost', async () => {
    expect(vectors.backup.argon2).toEqual(ARGON2);
    const restored = await readBackup(file, passphrase);
    expect(hex(restored.root)).toBe(root);
    expect(restored.createdAt).toBe(created_at);
  });

  test('is written byte by byte the same', async () => {
    const { argon2, random } = vectors.backup;
    expect(
      await writeBackup(
        { root: fromHex(root)!, createdAt: created_at, indexes: FIRST_KEYS },
        passphrase,
        argon2,
        scripted(random),
      ),
    ).toBe(file);
  });
});
