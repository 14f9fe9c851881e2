import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SovereignError } from '../../src/protocol/errors';
import { harmless } from '../run-view';

/** What is wrong with the arguments, or with a file that they name: exit code 2. */
export class UsageError extends Error {}

export type SkillToolCode = 'no_compiler' | 'not_compiled' | 'bad_project' | 'key_not_private' | 'bad_key' | 'exists';
export class SkillToolError extends SovereignError<SkillToolCode> {
  override readonly name = 'SkillToolError';
}

/** @throws UsageError when it cannot be read or is longer than `limit` bytes */
export async function readFileUpTo(path: string, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const found = await readIfThere(path, limit);
  if (!found) throw new UsageError(`${harmless(path)} is not there.`);
  return found;
}

/** {@link readFileUpTo}, or `undefined` when there is no such file. */
export async function readIfThere(path: string, limit: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size > limit) throw new UsageError(`${harmless(path)} has ${size} bytes; at most ${limit} are read.`);
      return new Uint8Array(await file.readFile());
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new UsageError(`${harmless(path)} cannot be read (${code ?? 'error'}).`);
  }
}

/** Whole or not at all: written beside its place, then moved there. Folders are made. */
export async function writeWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomBytes(6).toString('hex')}.new`;
  const file = await open(draft, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
    await file.close();
    await rename(draft, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(draft, { force: true });
    throw error;
  }
}
