import { jcs, type Sha256 } from '../../crypto';
import { BUNDLE, executionFile } from '../../protocol/bundle';
import { blobsOf, executionIn, parseExecution, type LeftOut } from '../../protocol/execution';
import type { JsonObject } from '../../protocol/json';
import { LIMITS } from '../../protocol/limits';
import type { Blobs } from './evidence';
import { packFile, type PackedFile } from './pack';

/** The recorded runs of skills that a bundle covers, gathered while the log goes by. */
export class Executions {
  readonly runs: { seq: number; blobs: Sha256[] }[] = [];
  /** The first for which there was no room in this list. */
  fullAt: number | undefined;

  constructor(private readonly run: string | null) {}

  apply({ seq, type, data }: { seq: number; type: string; data: JsonObject }): void {
    if (this.run !== null && data['run'] !== this.run) return;
    const raw = executionIn(type, data);
    const record = raw === undefined ? undefined : parseExecution(raw);
    if (!record) return;
    if (this.runs.length < LIMITS.bundleRuns) this.runs.push({ seq, blobs: blobsOf(record) });
    else this.fullAt ??= seq;
  }
}

/**
 * What the runs took and gave, once each, and not what is among the artifacts already; run by run in log order, each
 * whole or not at all. What is left out is said, so that nobody takes it for lost.
 *
 * @param artifacts SHA-256 of the artifacts in the bundle
 */
export async function executionFiles(
  { runs, fullAt }: Executions,
  artifacts: ReadonlySet<Sha256>,
  blobs: Blobs,
): Promise<PackedFile[]> {
  const files = new Map<Sha256, PackedFile>();
  const leftOut: LeftOut[] = [];
  let bytes = 0;
  for (const { seq, blobs: named } of runs) {
    const wanted = named.filter((sha256) => !artifacts.has(sha256) && !files.has(sha256));
    const found = await packAll(wanted, blobs);
    if (typeof found === 'string') {
      leftOut.push({ seq, why: found });
      continue;
    }
    const more = found.reduce((sum, { size }) => sum + size, 0);
    if (bytes + more > LIMITS.bundleRunsBytes || files.size + found.length > LIMITS.bundleRunFiles) {
      leftOut.push({ seq, why: 'too_large' });
      continue;
    }
    bytes += more;
    for (const file of found) files.set(file.sha256, file);
  }
  if (fullAt !== undefined) leftOut.push({ seq: fullAt, why: 'full' });
  const list = leftOut.map((line) => `${jcs({ ...line })}\n`).join('');
  return [...files.values(), ...(list === '' ? [] : [packFile(BUNDLE.leftOut, list)])];
}

/** All of them, or why not. */
async function packAll(wanted: readonly Sha256[], blobs: Blobs): Promise<PackedFile[] | 'gone' | 'too_large'> {
  const files: PackedFile[] = [];
  for (const sha256 of wanted) {
    const content = await blobs.get(sha256);
    if (!content) return 'gone';
    if (content.length > LIMITS.bundleRunFileBytes) return 'too_large';
    files.push(packFile(executionFile(sha256), content));
  }
  return files;
}
