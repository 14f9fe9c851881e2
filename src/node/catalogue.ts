import { fromUtf8, sha256Hex } from '../crypto';
import { LIMITS } from '../protocol/limits';
import { readManifest, type SkillManifest } from '../registry';
import { SkillError } from '../skills';
import type { BlobStore } from '../storage';
import type { Assets } from './types';

/** The bundled skills, pinned by hash, and where any module's bytes come from. */
export interface SkillCatalogue {
  list(): SkillManifest[];
  /** By name or hash. */
  find(nameOrHash: string): SkillManifest | undefined;
  /** A bundled module's bytes, or those of one the owner put into the blob store. */
  module(sha256: string): Promise<Uint8Array | undefined>;
}

/** @throws SkillError `hash_mismatch` when a shipped module is not the one that its manifest pins. */
export async function openCatalogue(assets: Assets, blobs: () => BlobStore): Promise<SkillCatalogue> {
  const bytes = await assets.read('skills/manifest.json');
  const manifests = bytes ? (JSON.parse(fromUtf8(bytes)) as unknown[]).map(readManifest) : [];
  const modules = new Map<string, Uint8Array>();
  const find = (nameOrHash: string) => manifests.find((m) => m.name === nameOrHash || m.sha256 === nameOrHash);
  return {
    list: () => [...manifests],
    find,
    async module(hash) {
      const kept = modules.get(hash);
      if (kept) return kept;
      const bundled = find(hash);
      if (!bundled) return blobs().get(hash);
      const module = await assets.read(`skills/${hash}.wasm`);
      if (!module || module.length > LIMITS.skillBytes || sha256Hex(module) !== hash) {
        throw new SkillError('hash_mismatch', `The shipped module of ${bundled.name} is not the one that was pinned.`, {
          advice: 'Reload the app; if it stays so, this copy of the app was changed.',
        });
      }
      modules.set(hash, module);
      return module;
    },
  };
}
