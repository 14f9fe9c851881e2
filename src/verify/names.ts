import { pathFlaw, repeatedPaths } from '../protocol/bundle';
import { LIMITS } from '../protocol/limits';
import { VerifyError } from './types';

/**
 * The door for a bundle's file names, whatever they came in.
 *
 * @throws VerifyError `too_many_files`, `path_refused`, `duplicate_name`.
 */
export function checkNames(paths: readonly string[]): void {
  if (paths.length > LIMITS.bundleFiles)
    throw new VerifyError('too_many_files', `${paths.length} files; at most ${LIMITS.bundleFiles} are read`);
  for (const path of paths) checkPath(path);
  const [repeated] = repeatedPaths(paths);
  if (repeated !== undefined) throw twice(repeated);
  const all = new Set(paths.map((path) => path.toLowerCase()));
  for (const path of paths) {
    const parent = parents(path).find((folder) => all.has(folder.toLowerCase()));
    if (parent !== undefined) throw twice(parent);
  }
}

/** @throws VerifyError `path_refused`. */
export function checkPath(path: string): void {
  const flaw = pathFlaw(path);
  if (flaw === undefined) return;
  throw new VerifyError('path_refused', `a file name holds ${flaw}: ${JSON.stringify(path.slice(0, 80))}`, {
    advice: 'Do not unpack this: no bundle has such names.',
  });
}

/** @throws VerifyError `too_large`. */
export function checkSize(path: string, size: number): void {
  if (size > LIMITS.verifyFileBytes)
    throw new VerifyError('too_large', `${path} has ${size} bytes; at most ${LIMITS.verifyFileBytes} are read`);
}

/** @throws VerifyError `too_large`. */
export function checkTotal(size: number): void {
  if (size > LIMITS.verifyBytes)
    throw new VerifyError('too_large', `${size} bytes in all; at most ${LIMITS.verifyBytes} are read`);
}

const parents = (path: string): string[] =>
  path
    .split('/')
    .slice(0, -1)
    .map((_, i, segments) => segments.slice(0, i + 1).join('/'));

const twice = (path: string): VerifyError =>
  new VerifyError('duplicate_name', `two files share the name ${path}`, { advice: 'Ask for the bundle again.' });
