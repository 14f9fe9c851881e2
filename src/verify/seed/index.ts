import { concat } from '../../crypto';
import { LIMITS } from '../../protocol/limits';
import { VerifyError, type BundleReader, type Report, type VerifyOptions } from '../types';
import { baseName, hashWithout, isObject, SeedChain } from './block';
import { blockPath, BUNDLE_NAME, judgeBundle } from './bundle';
import { judgeLog, linePath, LOG_NAME, readPython } from './log';
import { SeedFindings, type SeedFormat } from './report';

export interface SeedFile {
  path: string;
  format: SeedFormat;
}

/** What the seed calls its files. */
export const SEED_NAMES: Readonly<Record<SeedFormat, string>> = {
  'seed-compliance-bundle': BUNDLE_NAME,
  'seed-audit-log': LOG_NAME,
};

/** Bytes of a file's start that tell what it is. */
const HEAD_BYTES = 4_096;
const MARKS = /"(?:(audit_trail|sovereign_runtime_version)|(block_id|previous_hash))"/;

/**
 * Which of the seed's formats a file has, by its name or by its first bytes; `undefined` when it is none of them. Says
 * nothing about whether it is right.
 */
export function seedFormat(name: string, head: Uint8Array): SeedFormat | undefined {
  const base = baseName(name);
  if (base === BUNDLE_NAME) return 'seed-compliance-bundle';
  if (base === LOG_NAME) return 'seed-audit-log';
  const text = new TextDecoder().decode(head.subarray(0, HEAD_BYTES)).trimStart();
  const mark = text.startsWith('{') ? MARKS.exec(text) : null;
  if (!mark) return undefined;
  return mark[1] === undefined ? 'seed-audit-log' : 'seed-compliance-bundle';
}

/**
 * The seed's file in what was given: the only file, or the one that has the name the seed gives it.
 *
 * @throws VerifyError `not_a_bundle` when there are several; as `reader.stream`.
 */
export async function findSeed(reader: BundleReader): Promise<SeedFile | undefined> {
  const named = reader.files.filter((path) => [BUNDLE_NAME, LOG_NAME].includes(baseName(path)));
  if (named.length > 1)
    throw new VerifyError('not_a_bundle', `This holds several of the seed's files: ${named.slice(0, 3).join(', ')}.`, {
      advice: 'Choose one of them.',
    });
  const path = named[0] ?? (reader.files.length === 1 ? reader.files[0] : undefined);
  if (path === undefined) return undefined;
  const format = seedFormat(path, await headOf(reader, path));
  return format && { path, format };
}

/**
 * Judges evidence in the formats of the seed (docs/seed-formats.md). Authenticity is never `pass`: its signatures are
 * truncated, and its key is inside. Other files beside it must be artifacts that its blocks name.
 *
 * @throws VerifyError `too_large`, `cancelled`; as `reader.stream`.
 */
export async function verifySeed(reader: BundleReader, seed: SeedFile, options: VerifyOptions): Promise<Report> {
  const others = reader.files.filter((path) => path !== seed.path);
  const findings = new SeedFindings(seed.format, new SeedChain(new Set(others.map(baseName))), options);
  findings.step('blocks', 0, reader.size(seed.path));
  const isLog = seed.format === 'seed-audit-log';
  if (isLog) await judgeLog(reader.stream(seed.path), reader.size(seed.path), findings);
  else {
    const document = readPython(await readBounded(reader, seed.path), findings, BUNDLE_NAME);
    if (document) judgeBundle(document.value, findings, options);
  }
  for (const [i, path] of others.entries()) {
    findings.step('artifacts', i, others.length);
    await checkArtifact(reader, path, findings);
  }
  findings.step('done', 1, 1);
  return findings.report({ files: reader.files.length, bytes: reader.bytes }, isLog ? linePath : blockPath);
}

/** An artifact is hashed as a block is: Python's text of it, without the field that states the hash. */
async function checkArtifact(reader: BundleReader, path: string, findings: SeedFindings): Promise<void> {
  const stated = findings.chain.artifacts.get(baseName(path));
  if (stated === undefined)
    return findings.fail('integrity', 'extra_file', path, 'No block speaks for this file: take it out.');
  const document = readPython(await readBounded(reader, path), findings, path);
  if (!document) return;
  if (isObject(document.value) && hashWithout(document.value, 'artifact_hash') === stated) findings.artifacts += 1;
  else findings.fail('integrity', 'wrong_artifact', path, 'The artifact is not the one whose hash a block states.');
}

async function readBounded(reader: BundleReader, path: string): Promise<Uint8Array> {
  if (reader.size(path) > LIMITS.seedBundleBytes)
    throw new VerifyError(
      'too_large',
      `${path} has ${reader.size(path)} bytes; at most ${LIMITS.seedBundleBytes} are read`,
      {
        advice: `Verify the log it was made from, ${LOG_NAME}: that is read in pieces.`,
      },
    );
  return reader.read(path);
}

async function headOf(reader: BundleReader, path: string): Promise<Uint8Array> {
  let head = new Uint8Array();
  for await (const chunk of reader.stream(path)) {
    head = concat(head, chunk.subarray(0, HEAD_BYTES));
    if (head.length >= HEAD_BYTES) break;
  }
  return head;
}
