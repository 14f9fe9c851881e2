import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { LIMITS } from '../src/protocol/limits';
import type { Assets } from '../src/node';

/** A path below the root: no empty, hidden or upward segment. */
const SAFE = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

/**
 * What ships with the build, read from its folder.
 * @param root the folder's URL, with a slash at its end
 */
export function fileAssets(root: URL): Assets {
  return {
    async read(path) {
      if (!SAFE.test(path)) return undefined;
      const file = await open(new URL(path, root), constants.O_RDONLY | constants.O_NOFOLLOW).catch(absent);
      if (!file) return undefined;
      try {
        const info = await file.stat();
        if (!info.isFile() || info.size > LIMITS.datasetBytes) return undefined;
        return new Uint8Array(await file.readFile());
      } finally {
        await file.close();
      }
    },
  };
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR' && error.code !== 'ELOOP') throw error;
}
