/** The witness's own key: 32 bytes in a file that only its user may read. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { signerFromSeed } from '../../src/crypto';
import type { Signer } from '../../src/crypto';
import { RelayError } from '../errors';
import { syncDirectory } from './files';

export const KEY_FILE = 'witness.key';
const SEED_BYTES = 32;

/** Reads the key, or `undefined` when there is none. @throws RelayError `state_unusable` */
export async function readKey(dir: string): Promise<Signer | undefined> {
  const file = await open(join(dir, KEY_FILE), constants.O_RDONLY | constants.O_NOFOLLOW).catch(absent);
  if (!file) return undefined;
  try {
    const info = await file.stat();
    // Windows has no such bits; there the directory's own rights are all there is.
    if (process.platform !== 'win32' && (info.mode & 0o077) !== 0) {
      throw refused('may be read by other users', `Run: chmod 600 ${KEY_FILE}`);
    }
    if (!info.isFile() || info.size !== SEED_BYTES) throw refused('is not a key', 'Put back the right file.');
    const seed = await file.readFile();
    const signer = await signerFromSeed(seed);
    seed.fill(0);
    return signer;
  } finally {
    await file.close();
  }
}

/** Makes the key. Written whole and renamed, so that a crash leaves none or all of it. */
export async function makeKey(dir: string): Promise<Signer> {
  const draft = join(dir, `${KEY_FILE}.new`);
  const seed = randomBytes(SEED_BYTES);
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(seed);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, join(dir, KEY_FILE));
  await syncDirectory(dir);
  const signer = await signerFromSeed(seed);
  seed.fill(0);
  return signer;
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ELOOP') throw refused('is a link', 'Put the file itself there.');
  if (error.code !== 'ENOENT') throw error;
}

const refused = (what: string, advice: string): RelayError =>
  new RelayError('state_unusable', `${KEY_FILE} in the state directory ${what}`, { advice });
