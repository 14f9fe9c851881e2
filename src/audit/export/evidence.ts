import { fromUtf8, type Sha256 } from '../../crypto';
import type { BundleFile } from '../../protocol/bundle';
import type { BlobStore } from '../../storage/types';
import type { AuditLog } from '../types';
import type { BundleInput } from './build';
import { ExportError } from './errors';

type Evidence = Pick<BundleInput, 'run' | 'artifacts' | 'statements' | 'policies'>;

/**
 * What the first `size` entries of the log name and a bundle must hold: the artifacts and statements of the finished
 * stages of `run` (null: of all runs), and all policies that were ever in force. A bundle does not hold earlier bundles.
 *
 * @throws ExportError `evidence_missing` when a blob is gone; StorageError `corrupt` when one was changed.
 */
export async function collectEvidence(
  log: Pick<AuditLog, 'entries'>,
  blobs: Pick<BlobStore, 'get'>,
  size: number,
  run: string | null = null,
): Promise<Evidence> {
  const artifacts = new Names();
  const statements = new Names();
  const policies = new Map<Sha256, BundleInput['policies'][number]>();
  const text = async (sha256: Sha256): Promise<string> => fromUtf8(await load(blobs, sha256));
  for await (const { type, data } of log.entries(0, size)) {
    if (type === 'CONFIG_SNAPSHOT') {
      const { policies_sha256: sha256, schema_sha256: schema } = data['snapshot'] as Record<string, string>;
      policies.set(`${sha256} ${schema}`, { sha256: sha256!, cedar: await text(sha256!), schema: await text(schema!) });
    }
    if (type !== 'STAGE_COMPLETED' || (run !== null && data['run'] !== run)) continue;
    const stage = data as unknown as StageData;
    const statement = stage.statement_sha256;
    await statements.add(`${plain(stage.run)}.${plain(stage.stage)}`, statement, () => load(blobs, statement));
    if (stage.type === 'audit_export') continue;
    for (const { name, sha256 } of stage.artifacts)
      await artifacts.add(`${plain(stage.run)}/${plain(stage.stage)}/${plain(name)}`, sha256, () =>
        load(blobs, sha256),
      );
  }
  return {
    run,
    artifacts: artifacts.files,
    statements: statements.files.map(({ path, bytes }) => ({ name: path, bytes })),
    policies: [...policies.values()],
  };
}

/** A STAGE_COMPLETED of our own log, which was checked when it was opened. */
type StageData = {
  run: string;
  stage: string;
  type: string;
  statement_sha256: Sha256;
  artifacts: readonly { name: string; sha256: Sha256 }[];
};

/** Files by name: the same content once, another content under the next free name. */
class Names {
  readonly files: BundleFile[] = [];
  readonly #taken = new Map<string, Sha256>();

  async add(path: string, sha256: Sha256, bytes: () => Promise<Uint8Array>): Promise<void> {
    let free = path;
    for (let n = 2; this.#taken.has(free.toLowerCase()); n++) {
      if (this.#taken.get(free.toLowerCase()) === sha256) return;
      free = `${path}-${n}`;
    }
    this.#taken.set(free.toLowerCase(), sha256);
    this.files.push({ path: free, bytes: await bytes() });
  }
}

/** A name as a bundle may hold it. */
const plain = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^[.-]/, '_')
    .slice(0, 100) || '_';

async function load(blobs: Pick<BlobStore, 'get'>, sha256: Sha256): Promise<Uint8Array> {
  const bytes = await blobs.get(sha256);
  if (bytes) return bytes;
  throw new ExportError('evidence_missing', `The log names a file that is gone: SHA-256 ${sha256}.`, {
    advice: 'Export another run, or restore the file under the same content.',
    details: { sha256 },
  });
}
