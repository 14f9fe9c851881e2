import { fromUtf8, isSha256, sha256Hex, verifySignature, verifySshsig, type Sha256 } from '../crypto';
import { BUNDLE, pathFlaw, UNLISTED } from '../protocol/bundle';
import type { Findings } from './findings';
import { VerifyError, type BundleReader } from './types';
import type { Work } from './work';

/** The bundle's files, each read once: what was hashed is what is judged. */
export interface Loaded {
  /** All but the artifacts, which are only hashed. */
  bytes: ReadonlyMap<string, Uint8Array>;
  /** Of every file that could be read. */
  digests: ReadonlyMap<string, { sha256: Sha256; size: number }>;
}

/** Reads and hashes every file, and holds the list against them: nothing missing, nothing more, nothing changed. */
export async function loadFiles(reader: BundleReader, findings: Findings, work: Work): Promise<Loaded> {
  const bytes = new Map<string, Uint8Array>();
  const digests = new Map<string, { sha256: Sha256; size: number }>();
  for (const [i, path] of reader.files.entries()) {
    work.step('files', i, reader.files.length);
    const content = await readOne(reader, path, findings);
    if (!content) continue;
    digests.set(path, { sha256: sha256Hex(content), size: content.length });
    if (!path.startsWith(BUNDLE.artifacts)) bytes.set(path, content);
  }
  const sums = bytes.get(BUNDLE.sums);
  if (sums) compareList(parseSums(sums, findings), reader.files, digests, findings);
  for (const path of UNLISTED)
    if (!reader.files.includes(path)) findings.add('integrity', 'missing_file', path, `${path} is missing.`);
  return { bytes, digests };
}

async function readOne(reader: BundleReader, path: string, findings: Findings): Promise<Uint8Array | undefined> {
  try {
    return await reader.read(path);
  } catch (error) {
    if (!(error instanceof VerifyError) || error.code === 'cancelled') throw error;
    findings.add('integrity', 'unreadable_file', path, `The file cannot be read: ${error.message}.`);
    return undefined;
  }
}

/** The lines of the list up to the first that is wrong: `<sha256>  <path>` LF, in ascending order. */
function parseSums(sums: Uint8Array, findings: Findings): Map<string, Sha256> {
  const listed = new Map<string, Sha256>();
  const lines = asText(sums)?.split('\n') ?? [];
  const wrong = (line: number): void =>
    findings.add('integrity', 'bad_list', `${BUNDLE.sums}:${line}`, 'The list of files is malformed.');
  if (lines.pop() !== '') wrong(lines.length + 1);
  let last = '';
  for (const [i, line] of lines.entries()) {
    const sha256 = line.slice(0, 64);
    const path = line.slice(66);
    const right = isSha256(sha256) && line.slice(64, 66) === '  ' && pathFlaw(path) === undefined;
    if (!right || path <= last || UNLISTED.includes(path)) {
      wrong(i + 1);
      break;
    }
    listed.set(path, sha256);
    last = path;
  }
  return listed;
}

function compareList(
  listed: ReadonlyMap<string, Sha256>,
  files: readonly string[],
  digests: Loaded['digests'],
  findings: Findings,
): void {
  const present = new Set(files);
  for (const path of files)
    if (!listed.has(path) && !UNLISTED.includes(path))
      findings.add('integrity', 'extra_file', path, 'The file is not in the list SHA256SUMS.');
  for (const [path, sha256] of listed) {
    const found = digests.get(path);
    if (!present.has(path)) findings.add('integrity', 'missing_file', path, 'The file is in the list but not here.');
    else if (found && found.sha256 !== sha256)
      findings.add('integrity', 'changed_file', path, 'The file is not the one that was listed: its SHA-256 differs.');
  }
}

/** Both signatures of the list, by `key`. */
export async function checkListSignatures(loaded: Loaded, key: Uint8Array, findings: Findings): Promise<void> {
  const sums = loaded.bytes.get(BUNDLE.sums);
  const raw = loaded.bytes.get(BUNDLE.rawSignature);
  const ssh = loaded.bytes.get(BUNDLE.sshSignature);
  if (!sums) return;
  const wrong = (where: string): void =>
    findings.add('authenticity', 'bad_list_signature', where, 'The list of files is not signed by the governance key.');
  if (raw && !(await verifySignature(key, sums, raw))) wrong(BUNDLE.rawSignature);
  if (ssh && !(await verifySshsig(asText(ssh) ?? '', key, BUNDLE.namespace, sums))) wrong(BUNDLE.sshSignature);
  findings.counts.signatures += 2;
}

/** UTF-8 as text, or `undefined`. */
export function asText(bytes: Uint8Array | undefined): string | undefined {
  try {
    return bytes && fromUtf8(bytes);
  } catch {
    return undefined;
  }
}
