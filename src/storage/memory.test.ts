import { describe, expect, test } from 'vitest';
import { utf8 } from '../crypto';
import { MemoryDisk, createMemoryStorage } from './index';
import { code, readLog, storageAcceptance } from './storage-acceptance';

storageAcceptance('memory', () => {
  const disk = new MemoryDisk();
  return Promise.resolve({
    open: () => Promise.resolve(createMemoryStorage({ disk })),
    remove: () => Promise.resolve(),
  });
});

describe('memory: faults', () => {
  test('a quota in the middle of a commit keeps nothing of it', async () => {
    const storage = createMemoryStorage({ quotaBytes: 40 });
    await storage.records.commit(new Map([['a', 'kept']]));
    const commit = storage.records.commit(
      new Map([
        ['a', 'changed'],
        ['b', 'x'.repeat(40)],
      ]),
    );
    await expect(commit).rejects.toEqual(code('quota_exceeded'));
    expect(await storage.records.get('a')).toBe('kept');
    await expect(storage.log.append(0, new Uint8Array(50))).rejects.toEqual(code('quota_exceeded'));
    expect(await storage.log.length()).toBe(0);
    await storage.log.append(0, utf8('fits\n'));
    expect(await storage.usage()).toEqual({ used: 12, quota: 40 });
  });

  test('a kill in an append leaves a torn tail, and every open handle dead', async () => {
    const disk = new MemoryDisk();
    const storage = createMemoryStorage({ disk });
    await storage.claimWriter();
    await storage.log.append(0, utf8('one\n'));
    disk.kill = { write: 1, keep: 2 };
    await expect(storage.log.append(4, utf8('two\n'))).rejects.toEqual(code('unavailable'));
    await expect(storage.records.get('a')).rejects.toEqual(code('unavailable'));
    expect(await readLog(createMemoryStorage({ disk }))).toBe('one\ntw');
  });

  test('deleting gives the bytes back', async () => {
    const storage = createMemoryStorage();
    const name = await storage.blobs.put(utf8('blob'));
    await storage.records.commit(new Map([['k', 1]]));
    await storage.log.append(0, utf8('line\n'));
    await storage.blobs.delete(name);
    await storage.records.commit(new Map([['k', undefined]]));
    await storage.log.truncate(0);
    expect((await storage.usage()).used).toBe(0);
  });

  test('a changed blob is reported, not returned', async () => {
    const disk = new MemoryDisk();
    const storage = createMemoryStorage({ disk });
    await storage.claimWriter();
    const name = await storage.blobs.put(utf8('blob'));
    disk.blobs.set(name, utf8('blub'));
    await expect(storage.blobs.get(name)).rejects.toEqual(code('corrupt'));
  });
});
