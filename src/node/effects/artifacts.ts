import { sha256Hex } from '../../crypto';
import type { Executor } from '../../governance';
import type { BlobStore } from '../../storage';
import { parseArgs } from './args';
import type { EffectDoor } from './door';
import { EffectError } from './errors';

/** Keeps what a stage made, under the hash that the order names. */
export function artifactsExecutor(door: EffectDoor, blobs: BlobStore): Executor {
  return {
    audience: 'artifacts',
    async execute(order, args, { payload }) {
      await door.check(order, 'artifacts', 'store_artifact', args);
      const { sha256, bytes } = parseArgs('store_artifact', args);
      if (payload?.length !== bytes || sha256Hex(payload) !== sha256) {
        throw new EffectError('bad_payload', 'The artifact is not the bytes that the work order names.');
      }
      await blobs.put(payload);
      return { sha256 };
    },
  };
}
