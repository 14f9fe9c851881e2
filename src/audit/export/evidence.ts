import type { Sha256 } from '../../crypto';
import { policyFile, schemaFile } from '../../protocol/bundle';
import { LIMITS } from '../../protocol/limits';
import type { EvidenceFold } from '../../protocol/evidence';
import { ExportError, tooLarge } from './errors';
import { packFile, type PackedFile } from './pack';

/** Answers bytes by their SHA-256. */
export interface Blobs {
  get(sha256: string): Promise<Uint8Array | undefined>;
}

/**
 * The files that the log names: statements and artifacts of the finished stages, and every policy that was ever in
 * force. One at a time: each is packed before the next is read.
 *
 * @throws ExportError `evidence_missing` when a blob is gone, `bundle_too_large`; StorageError `corrupt` when one was changed.
 */
export async function evidenceFiles(evidence: EvidenceFold, blobs: Blobs): Promise<PackedFile[]> {
  const files = new Map<string, PackedFile>();
  let bytes = 0;
  const add = async (path: string, sha256: Sha256): Promise<void> => {
    if (files.has(path)) return;
    const file = packFile(path, await load(blobs, sha256));
    bytes += file.size;
    if (bytes > LIMITS.verifyBytes || files.size > LIMITS.bundleFiles) throw tooLarge('The bundle');
    files.set(path, file);
  };
  for (const { policies, schema } of evidence.policies) {
    await add(policyFile(policies), policies);
    await add(schemaFile(schema), schema);
  }
  for (const { stages } of evidence.runs.values())
    for (const { statement, products } of stages)
      for (const { path, sha256 } of [statement, ...products]) await add(path, sha256);
  return [...files.values()];
}

async function load(blobs: Blobs, sha256: Sha256): Promise<Uint8Array> {
  const bytes = await blobs.get(sha256);
  if (bytes) return bytes;
  throw new ExportError('evidence_missing', `The log names a file that is gone: SHA-256 ${sha256}.`, {
    advice: 'Export another run, or restore the file under the same content.',
    details: { sha256 },
  });
}
