import {
  allowedSigner,
  concat,
  encodeSshsig,
  formatVkey,
  fromHex,
  jcsBytes,
  noteKey,
  publicKeyPem,
  sha256Hex,
  sha256Text,
  sshsigMessage,
  utf8,
  type Sha256,
  type Signer,
} from '../../crypto';
import {
  BUNDLE,
  BUNDLE_KEYS,
  keyFile,
  pathFlaw,
  policyFile,
  repeatedPaths,
  schemaFile,
  type BundleFile,
  type BundleKey,
} from '../../protocol/bundle';
import { LIMITS } from '../../protocol/limits';
import type { AuditLog, Checkpoint } from '../types';
import { ExportError } from './errors';
import { readme } from './readme';
import { VERIFY_SCRIPT } from './verify-script';

export interface BundleInput {
  log: Pick<AuditLog, 'lines' | 'origin'>;
  /** The bundle holds exactly the entries that it covers. */
  checkpoint: Checkpoint;
  /** Raw public keys in hex, as in the log's GENESIS. */
  publicKeys: Readonly<Record<BundleKey, string>>;
  /** Signs the list of files. */
  governance: Signer;
  /** The run whose artifacts and statements are given; null for all runs. */
  run: string | null;
  /** `path` under `artifacts/`. */
  artifacts: readonly BundleFile[];
  /** DSSE envelopes; `name` without folder and ending. */
  statements: readonly { name: string; bytes: Uint8Array }[];
  /** Every policy text that was ever in force; `sha256` is of `cedar`. */
  policies: readonly { sha256: Sha256; cedar: string; schema: string }[];
}

/**
 * The files of a bundle, sorted by path: docs/bundle-format.md. The same input gives the same bytes.
 *
 * @throws ExportError `bad_bundle` for names that a bundle may not have or policy texts under a wrong hash,
 *   `bundle_too_large`.
 */
export async function buildBundle(input: BundleInput): Promise<BundleFile[]> {
  const { checkpoint, run } = input;
  const governanceKey = input.publicKeys.governance;
  const facts = { origin: input.log.origin, entries: checkpoint.size, root: checkpoint.root, run, governanceKey };
  const listed: BundleFile[] = [
    {
      path: BUNDLE.about,
      bytes: jcsBytes({ format: BUNDLE.format, v: BUNDLE.version, origin: input.log.origin, run }),
    },
    { path: BUNDLE.entries, bytes: await entries(input) },
    { path: BUNDLE.checkpoint, bytes: utf8(checkpoint.note) },
    { path: BUNDLE.script, bytes: utf8(VERIFY_SCRIPT) },
    { path: BUNDLE.readme, bytes: utf8(readme(facts)) },
    ...keyFiles(input),
    ...policyFiles(input.policies),
    ...input.statements.map(({ name, bytes }) => ({ path: `${BUNDLE.statements}${name}.dsse.json`, bytes })),
    ...input.artifacts.map(({ path, bytes }) => ({ path: BUNDLE.artifacts + path, bytes })),
  ];
  checkFiles(listed);
  listed.sort(byPath);
  const sums = utf8(listed.map(({ path, bytes }) => `${sha256Hex(bytes)}  ${path}\n`).join(''));
  return [...listed, ...(await signList(sums, input.governance))].sort(byPath);
}

async function entries({ log, checkpoint }: BundleInput): Promise<Uint8Array> {
  const lines: Uint8Array[] = [];
  let bytes = 0;
  for await (const line of log.lines(0, checkpoint.size)) {
    bytes += line.length;
    if (bytes > LIMITS.bundleFileBytes) throw tooLarge('The log');
    lines.push(line);
  }
  return concat(...lines);
}

function keyFiles({ publicKeys, log }: BundleInput): BundleFile[] {
  const key = (name: BundleKey): Uint8Array => {
    const raw = fromHex(publicKeys[name]);
    return raw?.length === 32 ? raw : fail(`the ${name} key is not 32 bytes in hex`);
  };
  return [
    ...BUNDLE_KEYS.map((name) => ({ path: keyFile(name), bytes: utf8(publicKeyPem(key(name))) })),
    { path: BUNDLE.logKey, bytes: utf8(`${formatVkey(noteKey(log.origin, key('log')))}\n`) },
    {
      path: BUNDLE.allowedSigners,
      bytes: utf8(allowedSigner(BUNDLE.principal, BUNDLE.namespace, key('governance'))),
    },
  ];
}

/** Two sets may share a schema. */
function policyFiles(policies: BundleInput['policies']): BundleFile[] {
  const files = new Map<string, BundleFile>();
  for (const { sha256, cedar, schema } of policies) {
    if (sha256Text(cedar) !== sha256) fail(`a policy text does not have the SHA-256 ${sha256}`);
    for (const [path, text] of [
      [policyFile(sha256), cedar],
      [schemaFile(sha256Text(schema)), schema],
    ] as const)
      files.set(path, { path, bytes: utf8(text) });
  }
  return [...files.values()];
}

async function signList(sums: Uint8Array, governance: Signer): Promise<BundleFile[]> {
  const ssh = await governance.sign(sshsigMessage(BUNDLE.namespace, sums));
  return [
    { path: BUNDLE.sums, bytes: sums },
    { path: BUNDLE.rawSignature, bytes: await governance.sign(sums) },
    { path: BUNDLE.sshSignature, bytes: utf8(encodeSshsig(governance.publicKey, BUNDLE.namespace, ssh)) },
  ];
}

/** The limits of the verifier: what is past them could be written but never checked. */
function checkFiles(files: readonly BundleFile[]): void {
  for (const { path, bytes } of files) {
    const why = pathFlaw(path);
    if (why !== undefined) fail(`the name ${JSON.stringify(path)} holds ${why}`);
    if (bytes.length > LIMITS.bundleFileBytes) throw tooLarge(path);
  }
  const [repeated] = repeatedPaths(files.map((file) => file.path));
  if (repeated !== undefined) fail(`two files share the name ${repeated}`);
  const total = files.reduce((n, file) => n + file.bytes.length, 0);
  if (total > LIMITS.bundleBytes || files.length + 3 > LIMITS.bundleFiles) throw tooLarge('The bundle');
}

/** Paths are ASCII, so code units, bytes and `sort` in the C locale agree. */
const byPath = (a: BundleFile, b: BundleFile): number => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);

function fail(why: string): never {
  throw new ExportError('bad_bundle', `This cannot be put into a bundle: ${why}.`);
}
const tooLarge = (what: string): ExportError =>
  new ExportError('bundle_too_large', `${what} is larger than a verifier reads.`, {
    advice: 'Export one run instead of all.',
  });
