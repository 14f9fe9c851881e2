/** docs/vectors/registry.json, as any other implementation would run it. */
import { describe, expect, test } from 'vitest';
import vectors from '../../docs/vectors/registry.json';
import { fromHex, jcs, sha256Hex, signerFromSeed, utf8 } from '../crypto';
import { isGrant } from '../protocol/grants';
import { compareVersions, EMPTY_REGISTRY, openPackage, parseIndex, readChange, registryDigest, step } from './index';
import { isVersion } from './semver';
import { signManifest } from './sign';
import { codeOf } from './testkit';
import type { RegistryError, SkillManifest } from './types';

const module = fromHex(vectors.module.hex)!;

describe('the vectors of the registry', () => {
  test.each(vectors.manifests)('manifest $sha256', async ({ signed_jcs, text, sha256 }) => {
    const manifest = await openPackage(utf8(text), module);
    expect(sha256Hex(utf8(text))).toBe(sha256);
    const { signature: _, ...body } = manifest;
    expect(jcs(body)).toBe(signed_jcs);
    const ada = await signerFromSeed(fromHex(vectors.keys.ada.seed)!);
    expect(jcs(await signManifest(JSON.parse(signed_jcs) as SkillManifest, ada))).toBe(text);
  });

  test.each(vectors.refused_manifests)('refused: $why', async ({ text, code }) => {
    const refusal = openPackage(utf8(text), module).then(
      () => 'opened',
      (error: unknown) => (error as RegistryError).code,
    );
    expect(await refusal).toBe(code);
  });

  test.each(vectors.grants)('grant $grant', ({ grant, valid }) => expect(isGrant(grant)).toBe(valid));

  test('versions', () => {
    const { ascending, refused } = vectors.versions;
    expect(ascending.toReversed().sort(compareVersions)).toEqual(ascending);
    expect(refused.filter(isVersion)).toEqual([]);
  });

  test('index', async () => {
    const { signature: _, ...body } = await parseIndex(utf8(vectors.index.text));
    expect(jcs(body)).toBe(vectors.index.signed_jcs);
  });

  test('changes, each allowed or refused, and the state after it', () => {
    let state = EMPTY_REGISTRY;
    for (const { change, refused, state_sha256 } of vectors.changes) {
      const { type, ...data } = change;
      const read = readChange(type, data)!;
      expect(codeOf(() => (state = step(state, read))) ?? null).toBe(refused);
      expect(registryDigest(state)).toBe(state_sha256);
    }
  });
});
