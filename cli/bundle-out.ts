import { chmod, lstat, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { publicKeyPem } from '../src/crypto';
import { SovereignError } from '../src/protocol/errors';
import { BUNDLE } from '../src/protocol/bundle';
import { bytesSource, zipReader } from '../src/verify';

export type OutCode = 'out_in_the_way';
export class OutError extends SovereignError<OutCode> {
  override readonly name = 'OutError';
}

export interface Delivered {
  directory: string;
  zip: string;
  /** To be kept and handed on apart from the bundle. */
  key: string;
}

const placesIn = (out: string): Delivered => ({
  directory: join(out, 'bundle'),
  zip: join(out, 'bundle.zip'),
  key: join(out, 'governance.pub.pem'),
});

/**
 * Looks, before any work is done, whether the evidence can go to `out`.
 * @throws OutError when `out/bundle` is there and is no bundle: only an earlier bundle is replaced
 */
export async function checkOut(out: string): Promise<void> {
  await mkdir(out, { recursive: true });
  const { directory } = placesIn(out);
  const there = await lstat(directory).catch(() => undefined);
  if (!there) return;
  const list = await lstat(join(directory, BUNDLE.sums)).catch(() => undefined);
  if (there.isDirectory() && list?.isFile()) return;
  throw new OutError('out_in_the_way', `${directory} is there already and is no bundle.`, {
    advice: 'Choose another --out.',
  });
}

/** Writes the zip, the same as a directory, and the governance key beside them. What is half written never has the final name. */
export async function deliver(out: string, zip: Uint8Array, governanceKey: Uint8Array): Promise<Delivered> {
  await checkOut(out);
  const places = placesIn(out);
  const draft = `${places.directory}.${process.pid}.part`;
  await rm(draft, { recursive: true, force: true });
  const reader = await zipReader(bytesSource(zip));
  for (const path of reader.files) {
    const target = join(draft, ...path.split('/'));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, await reader.read(path));
  }
  await chmod(join(draft, BUNDLE.script), 0o755);
  await rm(places.directory, { recursive: true, force: true });
  await rename(draft, places.directory);
  await writeFile(`${places.zip}.part`, zip);
  await rename(`${places.zip}.part`, places.zip);
  await writeFile(places.key, publicKeyPem(governanceKey));
  return places;
}
