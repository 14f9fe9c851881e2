import { concat, fromUtf8, hex, isSha256, sha256Stream, verifySignature, verifySshsig, type Sha256 } from '../crypto';
import { BUNDLE, pathFlaw, UNLISTED } from '../protocol/bundle';
import { LIMITS } from '../protocol/limits';
import type { Findings } from './findings';
import { VerifyError, type BundleReader } from './types';
import type { Work } from './work';

/** The bundle's files, each read once: what was hashed is what is judged. */
export interface Loaded {
  readonly files: readonly string[];
  /** Of the files that are judged by what they say. */
  bytes: Map<string, Uint8Array>;
  /** Of every file that could be read. */
  digests: Map<string, { sha256: Sha256; size: number }>;
}

/** Files that are judged by their hash alone, so that they need not be held. */
const isHashedOnly = (path: string): boolean =>
  path.startsWith(BUNDLE.artifacts) ||
  (path.startsWith(BUNDLE.executions) && path !== BUNDLE.leftOut) ||
  path.startsWith(BUNDLE.tiles) ||
  path === BUNDLE.decisions;

/** Reads and hashes every file but the log. */
export async function loadFiles(reader: BundleReader, findings: Findings, work: Work): Promise<Loaded> {
  const loaded: Loaded = { files: reader.files, bytes: new Map(), digests: new Map() };
  const total = reader.bytes - reader.size(BUNDLE.entries);
  let done = 0;
  let held = 0;
  for (const path of reader.files) {
    if (path === BUNDLE.entries) continue;
    const parts: Uint8Array[] = [];
    const hold = !isHashedOnly(path) && (held += reader.size(path)) <= LIMITS.verifyHeldBytes;
    const whole = await readThrough(reader, path, loaded, findings, (piece) => {
      work.step('files', (done += piece.length), total);
      if (hold) parts.push(piece.slice());
    });
    if (hold && whole) loaded.bytes.set(path, parts.length === 1 ? parts[0]! : concat(...parts));
    else if (whole && !isHashedOnly(path)) findings.add('integrity', 'too_large', path, 'Too much text to be judged.');
  }
  return loaded;
}

/**
 * Reads one file in pieces, and puts its hash into `loaded` at its end.
 *
 * @returns whether it could be read to its end; when not, that is a problem
 */
export async function readThrough(
  reader: BundleReader,
  path: string,
  loaded: Loaded,
  findings: Findings,
  take: (piece: Uint8Array) => void | Promise<void>,
): Promise<boolean> {
  const hash = sha256Stream();
  let size = 0;
  try {
    for await (const piece of reader.stream(path)) {
      hash.update(piece);
      size += piece.length;
      const taken = take(piece);
      if (taken) await taken;
    }
  } catch (error) {
    if (!(error instanceof VerifyError) || error.code === 'cancelled') throw error;
    findings.add('integrity', 'unreadable_file', path, `The file cannot be read: ${error.message}.`);
    return false;
  }
  loaded.digests.set(path, { sha256: hex(hash.digest()), size });
  return true;
}

/** `SHA256SUMS`, held against the files: nothing missing, nothing more, nothing changed. */
export class FileList {
  readonly #listed: ReadonlyMap<string, Sha256> | undefined;
  constructor(
    private readonly loaded: Loaded,
    private readonly findings: Findings,
  ) {
    const sums = loaded.bytes.get(BUNDLE.sums);
    this.#listed = sums && parseSums(sums, findings);
  }

  names(path: string): boolean {
    return this.#listed?.has(path) ?? false;
  }

  /** All files but the log, whose hash is known only when it was judged. */
  compare(): void {
    const { loaded, findings } = this;
    const present = new Set(loaded.files);
    for (const path of loaded.files)
      if (this.#listed?.has(path) === false && !UNLISTED.includes(path))
        findings.add('integrity', 'extra_file', path, 'The file is not in the list SHA256SUMS.');
    for (const path of this.#listed?.keys() ?? []) {
      if (!present.has(path)) findings.add('integrity', 'missing_file', path, 'The file is in the list but not here.');
      else this.compareOne(path);
    }
    for (const path of UNLISTED)
      if (!present.has(path)) findings.add('integrity', 'missing_file', path, `${path} is missing.`);
  }

  compareOne(path: string): void {
    const listed = this.#listed?.get(path);
    const found = this.loaded.digests.get(path);
    if (listed === undefined || !found || found.sha256 === listed) return;
    const what = 'The file is not the one that was listed: its SHA-256 differs.';
    this.findings.add('integrity', 'changed_file', path, what);
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
