import { fromUtf8 } from '../../crypto';
import { moduleFile, openPackage, parseIndex, parseManifest, RegistryError } from '../../registry';
import { LIMITS } from '../../protocol/limits';
import type { BlobStore } from '../../storage';
import { AS_NOBODY, readBody, TooLong } from '../fetching';
import type { Fetch } from '../witness';

interface Links {
  blobs: BlobStore;
  fetch: Fetch;
}

/** What a link led to; the files are in the blob store. */
export type Fetched =
  { kind: 'index'; index_sha256: string } | { kind: 'skill'; manifest_sha256: string; module_sha256: string };

/**
 * Reads what a link leads to, an index or one signed manifest with its module beside it, and checks it.
 * @throws RegistryError `unreachable`, or what is wrong with it
 */
export async function fetchSkill({ blobs, fetch }: Links, url: string, signal: AbortSignal): Promise<Fetched> {
  const bytes = await read(fetch, url, LIMITS.indexBytes, signal);
  if (looksLikeIndex(bytes)) {
    await parseIndex(bytes);
    return { kind: 'index', index_sha256: await blobs.put(bytes) };
  }
  const { sha256 } = parseManifest(bytes);
  const module = await read(fetch, new URL(moduleFile(sha256), url).href, LIMITS.skillBytes, signal);
  await openPackage(bytes, module);
  await blobs.put(module);
  return { kind: 'skill', manifest_sha256: await blobs.put(bytes), module_sha256: sha256 };
}

/** Which of the two it wants to be; the reader of that kind says whether it is. */
function looksLikeIndex(bytes: Uint8Array): boolean {
  try {
    const value = JSON.parse(fromUtf8(bytes)) as unknown;
    return typeof value === 'object' && value !== null && 'publisher' in value;
  } catch {
    return false;
  }
}

/** The body of an answer, as much as may be, without cookies and without being led elsewhere. */
async function read(fetch: Fetch, url: string, most: number, signal: AbortSignal): Promise<Uint8Array> {
  const timed = AbortSignal.any([signal, AbortSignal.timeout(LIMITS.linkMs)]);
  try {
    const response = await fetch(url, { ...AS_NOBODY, signal: timed });
    if (!response.ok) throw unreachable(url, `the server answered with HTTP ${response.status}`);
    return await readBody(response, most);
  } catch (cause) {
    if (cause instanceof RegistryError) throw cause;
    if (cause instanceof TooLong) throw unreachable(url, `it is longer than ${most} bytes`);
    throw unreachable(url, timed.aborted ? 'it took too long' : 'there was no answer that may be read', cause);
  }
}

const unreachable = (url: string, why: string, cause?: unknown): RegistryError =>
  new RegistryError('unreachable', `${new URL(url).host} could not be read: ${why}.`, {
    cause,
    advice:
      'A page may read another server only where both allow it. Otherwise download the files and choose them here.',
  });
