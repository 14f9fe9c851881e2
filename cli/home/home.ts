import { chmod, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SovereignError } from '../../src/protocol/errors';

export type HomeCode = 'home_not_private' | 'home_unusable';
export class HomeError extends SovereignError<HomeCode> {
  override readonly name = 'HomeError';
}

export interface Surroundings {
  platform: NodeJS.Platform;
  env: Readonly<Record<string, string | undefined>>;
  /** The user's home directory. */
  userHome: string;
}

const NAME = 'sovereign-node';

/** Where a node lives unless `--home` says otherwise: the platform's directory for application data. */
export function defaultHome({ platform, env, userHome }: Surroundings): string {
  if (platform === 'darwin') return join(userHome, 'Library', 'Application Support', NAME);
  if (platform === 'win32') return join(env['LOCALAPPDATA'] || join(userHome, 'AppData', 'Local'), NAME);
  // The XDG specification: a relative path is to be ignored.
  const data = env['XDG_DATA_HOME'];
  return join(data?.startsWith('/') ? data : join(userHome, '.local', 'share'), NAME);
}

/**
 * Makes the home where there is none, for this user alone (0700). It holds keys and log, so one that others may read is
 * refused; an empty directory is made private instead.
 *
 * @throws HomeError
 */
export async function openHome(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const info = await stat(path);
    if (!info.isDirectory()) throw new HomeError('home_unusable', `${path} is not a directory.`);
    // Windows has no such bits; there a profile's own directory is private already.
    if (process.platform === 'win32' || (info.mode & 0o077) === 0) return path;
    if ((await readdir(path)).length > 0) throw notPrivate(path);
    await chmod(path, 0o700);
    return path;
  } catch (error) {
    if (error instanceof HomeError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new HomeError('home_unusable', `${path} cannot be used (${code ?? 'error'}).`, {
      cause: error,
      advice: 'Choose another one with --home.',
    });
  }
}

const notPrivate = (path: string): HomeError =>
  new HomeError('home_not_private', `${path} may be read by other users, and a node keeps its keys there.`, {
    advice: `Run: chmod 700 ${path}`,
  });
