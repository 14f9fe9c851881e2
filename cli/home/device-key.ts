import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemRandom } from '../../src/protocol/runtime';
import { utf8 } from '../../src/crypto';
import { IdentityError, cloneSuspected, decrypt, encrypt, importAes, type DeviceKey } from '../../src/identity';

/** The file's name inside the home directory. */
export const DEVICE_KEY_FILE = 'device.key';

const KEY_BYTES = 32;
const AAD = utf8('sovereign/v1/device-key');

/**
 * The terminal's device key: 32 random bytes in `<home>/device.key`, mode 0600. Who can read the home directory can open
 * what it wraps; seal with a passphrase against that.
 */
export function fileDeviceKey(home: string): DeviceKey {
  const path = join(home, DEVICE_KEY_FILE);
  return {
    wrap: async (secret) => encrypt((await load(path)) ?? (await create(home, path)), secret, AAD, systemRandom),
    unwrap: async (wrapped) => {
      const key = await load(path);
      if (!key)
        throw cloneSuspected('The device key is not here: the home directory was copied without it, or it was deleted');
      const secret = await decrypt(key, Uint8Array.from(wrapped), AAD);
      if (!secret) throw cloneSuspected();
      return secret;
    },
    forget: () => rm(path, { force: true }),
  };
}

/** @throws IdentityError `identity_broken` for a file that others may read, a link, or anything but 32 bytes */
async function load(path: string): Promise<CryptoKey | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(absent);
  if (!file) return undefined;
  try {
    const info = await file.stat();
    // Windows has no such bits; there the home directory's own rights are all there is.
    if (process.platform !== 'win32' && (info.mode & 0o077) !== 0) {
      throw refused(
        'may be read by other users',
        `Run: chmod 600 ${DEVICE_KEY_FILE}, and seal the keys anew if others use this machine.`,
      );
    }
    if (!info.isFile() || info.size !== KEY_BYTES) throw refused('is not a device key');
    return await importAes(Uint8Array.from(await file.readFile()));
  } finally {
    await file.close();
  }
}

/** Written whole beside its place and linked into it: a crash leaves no half key, and of two at once one wins. */
async function create(home: string, path: string): Promise<CryptoKey> {
  const draft = `${path}.${randomBytes(8).toString('hex')}.new`;
  const bytes = randomBytes(KEY_BYTES);
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    bytes.fill(0);
    await file.close();
  }
  try {
    await link(draft, path).catch(present);
  } finally {
    await rm(draft, { force: true });
  }
  await syncDirectory(home);
  const key = await load(path);
  if (!key) throw refused('went away while it was made');
  return key;
}

async function syncDirectory(home: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(home, constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ELOOP') throw refused('is a link');
  if (error.code !== 'ENOENT') throw error;
}

function present(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

function refused(what: string, advice = 'Move it away and restore with the recovery phrase.'): IdentityError {
  return new IdentityError('identity_broken', `${DEVICE_KEY_FILE} in the home directory ${what}`, { advice });
}
