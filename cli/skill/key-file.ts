import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { fromSpki, signerFromSeed, type Signer } from '../../src/crypto';
import { harmless } from '../run-view';
import { SkillToolError } from './files';

/** An Ed25519 seed at the end of its PKCS#8 form (RFC 8410). */
const SEED_BYTES = 32;
const FILE_BYTES = 4_096;

/**
 * The author's key in a file of PKCS#8 PEM, as `openssl genpkey -algorithm ed25519` writes it. Where there is none one is
 * made, readable by this user alone. It is never printed.
 *
 * @throws SkillToolError `key_not_private` for a file that others may read, `bad_key`
 */
export async function openKeyFile(path: string): Promise<{ signer: Signer; made: boolean }> {
  const pem = await load(path);
  if (pem !== undefined) return { signer: await signerOf(readKey(pem, path)), made: false };
  const { privateKey } = generateKeyPairSync('ed25519');
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await file.sync();
  } finally {
    await file.close();
  }
  return { signer: await signerOf(privateKey), made: true };
}

async function load(path: string): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw badKey(path, `it cannot be read (${code ?? 'error'})`);
  });
  if (!file) return undefined;
  try {
    const info = await file.stat();
    if (!info.isFile() || info.size > FILE_BYTES) throw badKey(path, 'it is no key file');
    // Windows has no such bits; there the folder's own rights are all there is.
    if (process.platform !== 'win32' && (info.mode & 0o077) !== 0) {
      throw new SkillToolError('key_not_private', `${harmless(path)} may be read by other users.`, {
        advice: 'Run chmod 600 on it; if somebody may have read it, use another key.',
      });
    }
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function readKey(pem: string, path: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    // Not the cause: its text may hold some of the file.
    throw badKey(path, 'it is no private key in PEM');
  }
  if (key.asymmetricKeyType !== 'ed25519') throw badKey(path, 'it is no Ed25519 key');
  return key;
}

async function signerOf(key: KeyObject): Promise<Signer> {
  const der = key.export({ type: 'pkcs8', format: 'der' });
  const seed = Uint8Array.from(der.subarray(-SEED_BYTES));
  try {
    const signer = await signerFromSeed(seed);
    const expected = fromSpki(createPublicKey(key).export({ type: 'spki', format: 'der' }));
    if (!expected?.every((byte, i) => byte === signer.publicKey[i])) throw new Error('not the key that was read');
    return signer;
  } finally {
    der.fill(0);
    seed.fill(0);
  }
}

const badKey = (path: string, what: string): SkillToolError =>
  new SkillToolError('bad_key', `${harmless(path)} cannot be used as a key: ${what}.`, {
    advice: 'Name a file that does not exist, and a key is made there.',
  });
