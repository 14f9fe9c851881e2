import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** Makes a file's name durable. Windows syncs no directories. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
