import { beforeAll, describe, expect, test } from 'vitest';
import { hex, jcsBytes, type Signer } from '../crypto';
import {
  entryOf,
  indexBytes,
  parseIndex,
  signIndex,
  type IndexEntry,
  type RegistryError,
  type SkillIndex,
} from './index';
import { author, packageBy } from './testkit';

let ada: Signer;
let entries: IndexEntry[];
let index: SkillIndex;
beforeAll(async () => {
  ada = await author('Ada');
  const versions = ['1.0.0', '1.10.0', '1.9.0'];
  entries = await Promise.all(versions.map(async (version) => entryOf((await packageBy(ada, { version })).manifest)));
  index = await signIndex({ title: 'Ada’s skills', skills: entries, revoked: [] }, 4, ada);
});
const refusal = (bytes: Uint8Array): Promise<string> =>
  parseIndex(bytes).then(
    () => 'read',
    (error: unknown) => (error as RegistryError).code,
  );

describe('an index', () => {
  test('is numbered, in order, newest first, and comes back as it was', async () => {
    expect(index.number).toBe(5);
    expect(index.skills.map((s) => s.version)).toEqual(['1.10.0', '1.9.0', '1.0.0']);
    expect(await parseIndex(indexBytes(index))).toEqual(index);
  });

  test('a changed byte, anywhere, is refused', async () => {
    const bytes = indexBytes(index);
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at]! ^= 1;
      expect(['bad_index', 'bad_signature'], `byte ${at}`).toContain(await refusal(changed));
    }
  });

  test('another publisher’s name over it is refused', async () => {
    const eve = await author('Eve');
    expect(await refusal(jcsBytes({ ...index, publisher: hex(eve.publicKey) }))).toBe('bad_signature');
  });

  test('one version of two contents is not published', async () => {
    const other = entryOf((await packageBy(ada, { title: 'Other weather' })).manifest);
    const draft = { title: 'x', skills: [...entries, other], revoked: [] };
    await expect(signIndex(draft, 5, ada)).rejects.toMatchObject({ code: 'version_taken' });
  });
});
