import 'fake-indexeddb/auto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openDB } from 'idb';
import { utf8 } from '../crypto';
import { openIdbStorage } from './index';
import { code, readLog, storageAcceptance } from './storage-acceptance';

const erase = (name: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error!);
  });

let made = 0;
const freshName = (): string => `node-${made++}`;

storageAcceptance('indexeddb', () => {
  const name = freshName();
  return Promise.resolve({ open: () => openIdbStorage(name), remove: () => erase(name) });
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe('indexeddb', () => {
  test('every write asks for strict durability', async () => {
    const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction');
    const storage = await openIdbStorage(freshName());
    await storage.claimWriter();
    await storage.log.append(0, utf8('one\n'));
    await storage.log.append(4, utf8('two\n'));
    await storage.log.truncate(4);
    await storage.records.commit(new Map([['a', 1]]));
    await storage.blobs.delete(await storage.blobs.put(utf8('x')));
    const writes = transaction.mock.calls.filter((call) => call[1] === 'readwrite');
    expect(writes).toHaveLength(7);
    expect(writes.every((call) => call[2]?.durability === 'strict')).toBe(true);
  });

  test('an append touches the log alone and reads nothing', async () => {
    const storage = await openIdbStorage(freshName());
    await storage.claimWriter();
    await storage.log.append(0, utf8('one\n'));
    const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction');
    const get = vi.spyOn(IDBObjectStore.prototype, 'get');
    await storage.log.append(4, utf8('two\n'));
    expect(transaction.mock.calls).toEqual([[['log'], 'readwrite', { durability: 'strict' }]]);
    expect(get).not.toHaveBeenCalled();
  });

  test('a full disk in the middle of a commit keeps nothing and leaves the store usable', async () => {
    const storage = await openIdbStorage(freshName());
    await storage.claimWriter();
    await storage.records.commit(new Map([['a', 'kept']]));
    const full = vi.spyOn(IDBObjectStore.prototype, 'put');
    // The first put goes through; the second meets a full disk.
    full.mockImplementationOnce(function (this: IDBObjectStore, value: unknown, key) {
      full.mockImplementationOnce(() => {
        throw new DOMException('full', 'QuotaExceededError');
      });
      return this.add(value, `${key as string}/first`);
    });
    const commit = storage.records.commit(
      new Map([
        ['a', 'changed'],
        ['b', 'too much'],
      ]),
    );
    await expect(commit).rejects.toEqual(code('quota_exceeded'));
    full.mockRestore();
    expect(await storage.records.keys('')).toEqual(['a']);
    expect(await storage.records.get('a')).toBe('kept');

    vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementationOnce(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    await storage.log.append(0, utf8('one\n'));
    await expect(storage.log.append(4, utf8('lost\n'))).rejects.toEqual(code('quota_exceeded'));
    await storage.log.append(4, utf8('two\n'));
    expect(await readLog(storage)).toBe('one\ntwo\n');
  });

  test('erasing everything closes this handle and tells once', async () => {
    const name = freshName();
    const onGone = vi.fn();
    const storage = await openIdbStorage(name, { onGone });
    await storage.claimWriter();
    await erase(name);
    expect(onGone).toHaveBeenCalledTimes(1);
    await expect(storage.log.append(0, utf8('one\n'))).rejects.toEqual(code('unavailable'));
    await expect(storage.records.get('a')).rejects.toEqual(code('unavailable'));
  });

  test('a database of a newer version is refused', async () => {
    const name = freshName();
    (await openDB(name, 2)).close();
    await expect(openIdbStorage(name)).rejects.toEqual(code('unavailable'));
  });

  test('a tampered blob and a tampered record are reported, not returned', async () => {
    const name = freshName();
    const storage = await openIdbStorage(name);
    await storage.claimWriter();
    const blob = await storage.blobs.put(utf8('blob'));
    await storage.records.commit(new Map([['a', 1]]));
    const attacker = await openDB(name);
    await attacker.put('blobs', utf8('blub'), blob);
    await attacker.put('records', '{"a":', 'a');
    attacker.close();
    await expect(storage.blobs.get(blob)).rejects.toEqual(code('corrupt'));
    await expect(storage.records.get('a')).rejects.toEqual(code('corrupt'));
  });

  test('a log record that went missing is reported', async () => {
    const name = freshName();
    const storage = await openIdbStorage(name);
    await storage.claimWriter();
    await storage.log.append(0, utf8('one\n'));
    await storage.log.append(4, utf8('two\n'));
    const attacker = await openDB(name);
    await attacker.delete('log', 0);
    attacker.close();
    await expect(readLog(storage)).rejects.toEqual(code('corrupt'));
  });
});
