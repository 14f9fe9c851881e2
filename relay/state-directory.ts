import { mkdir, stat } from 'node:fs/promises';
import { RelayError } from './errors';

/** Makes the directory of what outlives the process, with mode 0700. @throws RelayError `state_unusable` */
export async function makeStateDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const info = await stat(path);
    if (process.platform !== 'win32' && (info.mode & 0o022) !== 0) {
      throw new RelayError('state_unusable', `${path} may be written by other users`, {
        advice: `Run: chmod 700 ${path}`,
      });
    }
  } catch (cause) {
    if (cause instanceof RelayError) throw cause;
    throw new RelayError(
      'state_unusable',
      `${path} cannot be used (${(cause as NodeJS.ErrnoException).code ?? 'error'})`,
      {
        cause,
        advice: 'Choose another directory with --state.',
      },
    );
  }
}
