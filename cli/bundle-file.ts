import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { VerifyError, type ByteSource } from '../src/verify';

/** A file of the disk, open until `close`. */
export interface OpenFile extends ByteSource {
  close(): Promise<void>;
}

/**
 * Opens a real file, not a link and nothing that could hang; what is read of it is exactly what is asked for.
 *
 * @param name what errors call it
 * @throws VerifyError `unreadable`; so do the reads, also when the file got shorter meanwhile.
 */
export async function openFile(path: string, name = path): Promise<OpenFile> {
  const failed = (cause: unknown): VerifyError =>
    cause instanceof VerifyError
      ? cause
      : new VerifyError('unreadable', `${name} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'error'})`, {
          cause,
        });
  // Without O_NONBLOCK, opening a pipe would wait for its writer.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch((cause: unknown) => Promise.reject(failed(cause)));
  const stat = await file.stat().catch(() => undefined);
  if (!stat?.isFile()) {
    await file.close();
    throw new VerifyError('unreadable', `${name} is not a file`);
  }
  return {
    size: stat.size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length;) {
        const { bytesRead } = await file
          .read(bytes, at, length - at, offset + at)
          .catch((cause: unknown) => Promise.reject(failed(cause)));
        if (bytesRead === 0) throw new VerifyError('unreadable', `${name} changed while it was read`);
        at += bytesRead;
      }
      return bytes;
    },
    close: () => file.close(),
  };
}
