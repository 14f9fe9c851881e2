import { chmod, mkdtemp, readFile, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEVICE_KEY_FILE, fileDeviceKey } from './device-key';
import { machineTraits } from './traits';

const secret = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
let home: string;
let path: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'sovereign-'));
  path = join(home, DEVICE_KEY_FILE);
});
afterEach(() => rm(home, { recursive: true, force: true }));

describe('file device key', () => {
  test('is one 32-byte file of mode 0600, made on first use and used after a restart', async () => {
    const key = fileDeviceKey(home);
    await expect(key.unwrap(new Uint8Array(60))).rejects.toMatchObject({ code: 'clone_suspected' });
    expect(await readdir(home)).toEqual([]);
    const wrapped = await key.wrap(secret);
    const info = await stat(path);
    expect(info.mode & 0o777).toBe(0o600);
    expect(info.size).toBe(32);
    expect(await readdir(home)).toEqual([DEVICE_KEY_FILE]);
    expect(await fileDeviceKey(home).unwrap(wrapped)).toEqual(secret);
  });

  test('two processes that start at once end with one key', async () => {
    const wrapped = await Promise.all([1, 2, 3, 4].map(() => fileDeviceKey(home).wrap(secret)));
    for (const bytes of wrapped) expect(await fileDeviceKey(home).unwrap(bytes)).toEqual(secret);
    expect(await readdir(home)).toEqual([DEVICE_KEY_FILE]);
  });

  test.each([0o640, 0o604, 0o660, 0o644])('refuses mode %o', async (mode) => {
    const key = fileDeviceKey(home);
    const wrapped = await key.wrap(secret);
    await chmod(path, mode);
    await expect(key.unwrap(wrapped)).rejects.toMatchObject({
      code: 'identity_broken',
      advice: expect.stringContaining('chmod 600') as string,
    });
    await expect(key.wrap(secret)).rejects.toMatchObject({ code: 'identity_broken' });
    await chmod(path, 0o600);
    expect(await key.unwrap(wrapped)).toEqual(secret);
  });

  test('refuses a link and a file of another size, and leaves them alone', async () => {
    const key = fileDeviceKey(home);
    await key.wrap(secret);
    await rename(path, `${path}.real`);
    await symlink(`${path}.real`, path);
    await expect(key.wrap(secret)).rejects.toMatchObject({ code: 'identity_broken' });
    await rm(path);
    await writeFile(path, 'short', { mode: 0o600 });
    await expect(key.wrap(secret)).rejects.toMatchObject({ code: 'identity_broken' });
    expect(await readFile(path, 'utf8')).toBe('short');
  });

  test('another home’s key, changed bytes and a forgotten key are clone_suspected', async () => {
    const key = fileDeviceKey(home);
    const wrapped = await key.wrap(secret);
    const changed = Uint8Array.from(wrapped);
    changed[20]! ^= 1;
    await expect(key.unwrap(changed)).rejects.toMatchObject({ code: 'clone_suspected' });
    await key.forget();
    await key.forget();
    expect(await readdir(home)).toEqual([]);
    await expect(key.unwrap(wrapped)).rejects.toMatchObject({ code: 'clone_suspected' });
    await key.wrap(secret);
    await expect(key.unwrap(wrapped)).rejects.toMatchObject({ code: 'clone_suspected' });
  });
});

test('machine traits are the same from call to call', () => {
  expect(machineTraits()).toEqual(machineTraits());
  expect(machineTraits()).toMatchObject({ realm: 'node', memory_gib: expect.any(Number) as number });
});
