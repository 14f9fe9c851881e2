import {
  encodeSshsig,
  formatWitnessPolicy,
  hex,
  jcsBytes,
  noteKey,
  sshsigMessage,
  thresholdPolicy,
  utf8,
  type Signer,
} from '../../crypto';
import { keyFiles, type KeyLife } from '../../keys';
import { BUNDLE, BUNDLE_KEYS, pathFlaw, repeatedPaths, type BundleKey } from '../../protocol/bundle';
import { LIMITS } from '../../protocol/limits';
import type { AuditLog, Checkpoint } from '../types';
import { badBundle, tooLarge } from './errors';
import { evidenceFiles, type Blobs } from './evidence';
import { executionFiles } from './executions';
import { headFiles } from './heads';
import { inTotoMetadata } from './in-toto';
import { packFile, type PackedFile } from './pack';
import { readme } from './readme';
import { scanLog } from './scan';
import { VERIFY_SCRIPT } from './script';

export interface BundleInput {
  log: Pick<AuditLog, 'lines' | 'origin'>;
  /** Also of modules that came with the build. */
  blobs: Blobs;
  /** The bundle holds exactly the entries that it covers. Its note may carry witnesses' lines after the log's own. */
  checkpoint: Checkpoint;
  /** Note of an older checkpoint, as many witnesses as possible having seen it; left out when it tells nothing more. */
  older?: string | undefined;
  /** Timestamp tokens (RFC 3161) by size of the checkpoint whose text they are of; those of others are left out. */
  timestamps?: ReadonlyMap<number, Uint8Array> | undefined;
  /** The witness policy that the owner chose (c2sp.org/tlog-policy); none asked for unless given. */
  witnessPolicy?: string | undefined;
  /** The keys that the log has in force. */
  signers: Readonly<Record<BundleKey, Signer>>;
  /** The run whose artifacts and statements go along; null for all runs. */
  run: string | null;
  /** `disclosed/openings.jsonl`: the personal fields that are shown to the reader. */
  openings?: Uint8Array | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * The files of a bundle, sorted by path and packed for {@link zipBundle}: docs/bundle-format.md. The log's lines are read
 * once and never held. The same input gives the same bytes.
 *
 * @throws ExportError `bad_bundle`, `bundle_too_large`, `evidence_missing`, `cancelled`; StorageError `corrupt`.
 */
export async function buildBundle(input: BundleInput): Promise<PackedFile[]> {
  const { log, checkpoint, run, signers, openings } = input;
  const { origin } = log;
  const scan = await scanLog(log, checkpoint, run, input.signal);
  const governanceKey = hex(signers.governance.publicKey);
  const facts = { origin, entries: checkpoint.size, root: checkpoint.root, run, governanceKey };
  const evidence = await evidenceFiles(scan.evidence, input.blobs);
  const listed: PackedFile[] = [
    packFile(BUNDLE.about, jcsBytes({ format: BUNDLE.format, v: BUNDLE.version, origin, run })),
    packFile(BUNDLE.script, VERIFY_SCRIPT),
    packFile(BUNDLE.readme, readme(facts)),
    ...scan.files,
    ...(await headFiles(scan, checkpoint, input, signers.log)),
    ...keysOf(scan.life, signers),
    packFile(BUNDLE.witnessPolicy, input.witnessPolicy ?? noWitnesses(origin, signers.log)),
    ...evidence,
    ...(await executionFiles(scan.executions, artifactsIn(evidence), input.blobs)),
    ...(await inTotoMetadata(scan, run, signers)),
    ...(openings ? [packFile(BUNDLE.openings, openings)] : []),
  ];
  checkFiles(listed);
  listed.sort(byPath);
  const sums = utf8(listed.map(({ path, sha256 }) => `${sha256}  ${path}\n`).join(''));
  return [...listed, ...(await signList(sums, signers.governance))].sort(byPath);
}

const artifactsIn = (files: readonly PackedFile[]): Set<string> =>
  new Set(files.flatMap(({ path, sha256 }) => (path.startsWith(BUNDLE.artifacts) ? [sha256] : [])));

/** The key files, once the keys that sign are the ones that the log has in force. */
function keysOf(life: KeyLife, signers: BundleInput['signers']): PackedFile[] {
  const files = keyFiles(life) ?? badBundle('the log does not say whose it is');
  for (const name of BUNDLE_KEYS) {
    const inForce = life.spans.findLast((span) => span.purpose === name)?.key;
    if (inForce !== hex(signers[name].publicKey)) badBundle(`the ${name} key is not the one that the log names`);
  }
  return files.map(({ path, bytes }) => packFile(path, bytes));
}

const noWitnesses = (origin: string, { publicKey }: Signer): string =>
  formatWitnessPolicy(thresholdPolicy([noteKey(origin, publicKey)], new Map(), 0));

async function signList(sums: Uint8Array, governance: Signer): Promise<PackedFile[]> {
  const ssh = await governance.sign(sshsigMessage(BUNDLE.namespace, sums));
  return [
    packFile(BUNDLE.sums, sums),
    packFile(BUNDLE.rawSignature, await governance.sign(sums)),
    packFile(BUNDLE.sshSignature, encodeSshsig(governance.publicKey, BUNDLE.namespace, ssh)),
  ];
}

/** The limits of the verifier: what is past them could be written but never checked. */
function checkFiles(files: readonly PackedFile[]): void {
  for (const { path, size } of files) {
    const why = pathFlaw(path);
    if (why !== undefined) badBundle(`the name ${JSON.stringify(path)} holds ${why}`);
    if (size > LIMITS.verifyFileBytes) throw tooLarge(path);
  }
  const [repeated] = repeatedPaths(files.map((file) => file.path));
  if (repeated !== undefined) badBundle(`two files share the name ${repeated}`);
  const total = files.reduce((n, file) => n + file.size, 0);
  if (total > LIMITS.verifyBytes || files.length + 3 > LIMITS.bundleFiles) throw tooLarge('The bundle');
}

/** Paths are ASCII, so code units, bytes and `sort` in the C locale agree. */
const byPath = (a: PackedFile, b: PackedFile): number => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
