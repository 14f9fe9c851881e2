/** A key of the relay's own: 32 bytes in a file of the state directory that only its user may read. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { RelayError } from './errors';
import { syncDirectory } from './sync-directory';

const SEED_BYTES = 32;

/** Reads the seed in `dir`/`name`, or `undefined` when there is none. @throws RelayError `state_unusable` */
export async function readSeed(dir: string, name: string): Promise<Uint8Array | undefined> {
  const file = await open(join(dir, name), constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ELOOP') throw refused(name, 'is a link', 'Put the file itself there.');
    if (code !== 'ENOENT') throw error;
  });
  if (!file) return undefined;
  try {
    const info = await file.stat();
    // Windows has no such bits; there the directory's own rights are all there is.
    if (process.platform !== 'win32' && (info.mode & 0o077) !== 0) {
      throw refused(name, 'may be read by other users', `Run: chmod 600 ${name}`);
    }
    if (!info.isFile() || info.size !== SEED_BYTES) throw refused(name, 'is not a key', 'Put back the right file.');
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Makes a seed. Written whole and renamed, so that a crash leaves none or all of it. */
export async function makeSeed(dir: string, name: string): Promise<Uint8Array> {
  const seed = randomBytes(SEED_BYTES);
  await writePrivate(dir, name, seed);
  return seed;
}

/** Writes a file that only its user may read, whole or not at all, and on the disk when this resolves. */
export async function writePrivate(dir: string, name: string, bytes: Uint8Array | string): Promise<void> {
  const draft = join(dir, `${name}.new`);
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, join(dir, name));
  await syncDirectory(dir);
}

const refused = (name: string, what: string, advice: string): RelayError =>
  new RelayError('state_unusable', `${name} in the state directory ${what}`, { advice });
