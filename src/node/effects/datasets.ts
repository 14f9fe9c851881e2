import { sha256Hex } from '../../crypto';
import type { Executor } from '../../governance';
import type { BlobStore } from '../../storage';
import type { Assets } from '../types';
import { parseArgs } from './args';
import type { EffectDoor } from './door';
import { EffectError } from './errors';

/** Brings a dataset into the content store: one that the owner picked is there already, a bundled one is read now. */
export function datasetsExecutor(door: EffectDoor, blobs: BlobStore, assets: Assets): Executor {
  return {
    audience: 'datasets',
    async execute(order, args) {
      await door.check(order, 'datasets', 'read_dataset', args);
      const { file, sha256 } = parseArgs('read_dataset', args);
      const stored = await blobs.get(sha256);
      if (stored) return { sha256, bytes: stored.length };
      const bytes = await assets.read(`datasets/${file}`);
      if (!bytes) {
        throw new EffectError('not_found', `There is no dataset ${file} with the declared hash.`, {
          advice: 'Pick the file in the pipeline, or correct its sha256.',
        });
      }
      if (sha256Hex(bytes) !== sha256) {
        throw new EffectError('digest_mismatch', `${file} is not the file that the pipeline declares.`, {
          advice: 'Correct the sha256 in the pipeline, or pick the right file.',
          details: { expected: sha256, actual: sha256Hex(bytes) },
        });
      }
      await blobs.put(bytes);
      return { sha256, bytes: bytes.length };
    },
  };
}
