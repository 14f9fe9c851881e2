import { LIMITS } from '../protocol/limits';
import { utf8 } from '../crypto';
import { IdentityError, type Argon2Cost } from './types';

/** About a second in a browser and three times the work of OWASP's least (19 MiB, 2 passes); 64 MiB fits a phone's tab. */
export const ARGON2: Argon2Cost = { m: 65_536, t: 2, p: 1 };

/** One passphrase typed on two keyboards must be the same bytes. */
const bytesOf = (passphrase: string): Uint8Array<ArrayBuffer> => utf8(passphrase.normalize('NFKC'));

/**
 * A new passphrase must be worth guessing at: at least `LIMITS.passphraseMin` characters, five of them different.
 *
 * @throws IdentityError `weak_passphrase`
 */
export function checkNewPassphrase(passphrase: string): void {
  const characters = [...passphrase];
  if (bytesOf(passphrase).length > LIMITS.passphraseBytes) {
    throw weak(`A passphrase may have at most ${LIMITS.passphraseBytes} bytes`);
  }
  if (characters.length < LIMITS.passphraseMin) {
    throw weak(`A passphrase needs at least ${LIMITS.passphraseMin} characters`);
  }
  if (new Set(characters).size < 5) throw weak('This passphrase repeats the same few characters');
}

function weak(message: string): IdentityError {
  return new IdentityError('weak_passphrase', message, { advice: 'Four or more unrelated words make a good one.' });
}

/**
 * Argon2id (RFC 9106, version 0x13) to 32 bytes; the caller wipes them. Yields every 10 ms, so that a worker goes on
 * answering.
 *
 * @throws IdentityError `wrong_passphrase` for one too long to be anybody's: Argon2id's input stays bounded.
 */
export async function stretch(
  passphrase: string,
  salt: Uint8Array,
  cost: Argon2Cost,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = bytesOf(passphrase);
  if (bytes.length > LIMITS.passphraseBytes) throw wrongPassphrase();
  const options = { ...cost, dkLen: 32, asyncTick: 10, maxmem: LIMITS.argon2MemoryKiB * 1024 + 65_536 };
  try {
    // Needed once a start at most, and a twentieth of the node's worker: fetched when it is.
    const { argon2idAsync } = await import('@noble/hashes/argon2.js');
    return await inBackground(() => argon2idAsync(bytes, salt, options));
  } finally {
    bytes.fill(0);
  }
}

/**
 * Argon2id yields by `scheduler.yield()` where there is one, and what goes on after that comes before every other task of
 * the same priority: in Chromium and Firefox no message and no timer got through. A background task's yields let them.
 */
async function inBackground<T>(task: () => Promise<T>): Promise<T> {
  const { scheduler } = globalThis as { scheduler?: Partial<PostTask> };
  return scheduler?.postTask ? scheduler.postTask(task, { priority: 'background' }) : task();
}

interface PostTask {
  postTask<T>(task: () => Promise<T>, options: { priority: 'background' }): Promise<T>;
}

export function wrongPassphrase(): IdentityError {
  return new IdentityError('wrong_passphrase', 'This passphrase does not open it', {
    advice: 'Try again, or restore with the recovery phrase.',
  });
}
