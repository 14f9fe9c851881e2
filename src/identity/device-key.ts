import { openDB, type DBSchema } from 'idb';
import type { Random } from '../protocol/runtime';
import { systemRandom } from '../protocol/runtime';
import { utf8 } from '../crypto';
import { cloneSuspected } from './binding';
import { decrypt, encrypt } from './box';
import type { DeviceKey } from './types';

interface Schema extends DBSchema {
  keys: { key: string; value: CryptoKey };
}

const STORE = 'keys';
const KEY = 'device';
const AAD = utf8('sovereign/v1/device-key');

/**
 * The browser's device key: a non-extractable AES-256-GCM key in an IndexedDB database of its own. Scripts cannot read
 * it; who copies the browser's whole profile can, because engines store such keys in the clear.
 */
export function browserDeviceKey(database = 'sovereign-device', random: Random = systemRandom): DeviceKey {
  return {
    wrap: async (secret) => encrypt(await obtain(database), secret, AAD, random),
    unwrap: async (wrapped) => {
      const key = await withDb(database, (db) => db.get(STORE, KEY));
      if (!key) throw cloneSuspected('The key of this device is not here: the store was copied, or its key deleted');
      const secret = await decrypt(key, Uint8Array.from(wrapped), AAD);
      if (!secret) throw cloneSuspected();
      return secret;
    },
    forget: () => withDb(database, (db) => db.delete(STORE, KEY)),
  };
}

/** The key, made on first use. Of two that are made at once, the first one stored stays. */
async function obtain(database: string): Promise<CryptoKey> {
  const fresh = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  return withDb(database, async (db) => {
    const tx = db.transaction(STORE, 'readwrite', { durability: 'strict' });
    const old = await tx.store.get(KEY);
    if (!old) await tx.store.put(fresh, KEY);
    await tx.done;
    return old ?? fresh;
  });
}

async function withDb<T>(name: string, use: (db: Awaited<ReturnType<typeof connect>>) => Promise<T>): Promise<T> {
  const db = await connect(name);
  try {
    return await use(db);
  } finally {
    db.close();
  }
}

function connect(name: string) {
  return openDB<Schema>(name, 1, { upgrade: (db) => void db.createObjectStore(STORE) });
}
