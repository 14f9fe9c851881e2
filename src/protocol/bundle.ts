import { LIMITS } from './limits';

/** Where things stand in a bundle, for its writer and its reader; docs/bundle-format.md says what they mean. */
export const BUNDLE = {
  format: 'sovereign-bundle',
  version: 1,
  about: 'bundle.json',
  sums: 'SHA256SUMS',
  rawSignature: 'SHA256SUMS.ed25519',
  sshSignature: 'SHA256SUMS.sig',
  entries: 'log/entries.jsonl',
  /** Prefix of the log in C2SP's terms: checkpoint and tiles stand below it. */
  logFolder: 'log/',
  checkpoint: 'log/checkpoint',
  /** What signify and minisign sign: the checkpoint's text without its signatures. */
  checkpointBody: 'log/checkpoint.body',
  signifySignature: 'log/checkpoint.body.sig',
  minisignSignature: 'log/checkpoint.body.minisig',
  olderCheckpoint: 'log/checkpoint.old',
  /** Tree tiles (c2sp.org/tlog-tiles), `<level>/<index>`. */
  tiles: 'log/tile/',
  proofs: 'proofs/',
  consistency: 'proofs/consistency.txt',
  logKey: 'keys/log.vkey',
  signifyKey: 'keys/log.signify.pub',
  allowedSigners: 'keys/allowed_signers',
  witnessPolicy: 'keys/policy.txt',
  revoked: 'keys/revoked.krl',
  script: 'verify.sh',
  readme: 'README.txt',
  statements: 'attest/',
  artifacts: 'artifacts/',
  /** What runs of skills took and gave, under its SHA-256; and the runs of which that was left out. */
  executions: 'executions/',
  leftOut: 'executions/left-out.jsonl',
  policies: 'policy/',
  decisions: 'policy/decisions.jsonl',
  intoto: 'intoto/',
  openings: 'disclosed/openings.jsonl',
  /** Timestamp tokens (RFC 3161) over checkpoints' texts. */
  timestamps: 'time/',
  /** SSHSIG namespace of the list's signature, and the name that `ssh-keygen -Y verify -I` is given. */
  namespace: 'sovereign-bundle',
  principal: 'governance@sovereign',
  /** Start of the zip's comment; the rest is the SHA-256 of every byte before the comment. */
  zipComment: 'sovereign-bundle/1 sha256=',
} as const;

/** The three files that sign or are the list, so cannot be in it. */
export const UNLISTED: readonly string[] = [BUNDLE.sums, BUNDLE.rawSignature, BUNDLE.sshSignature];

export const BUNDLE_KEYS = ['node', 'governance', 'log', 'owner'] as const;
export type BundleKey = (typeof BUNDLE_KEYS)[number];

export const keyFile = (name: BundleKey): string => `keys/${name}.pub.pem`;
export const proofFile = (seq: number): string => `${BUNDLE.proofs}${seq}.tlog-proof`;
/** @param size of the checkpoint that is stamped */
export const timestampFile = (size: number): string => `${BUNDLE.timestamps}${size}.tsr`;
export const policyFile = (sha256: string): string => `${BUNDLE.policies}${sha256}.cedar`;
export const executionFile = (sha256: string): string => BUNDLE.executions + sha256;
export const schemaFile = (sha256: string): string => `${BUNDLE.policies}schema-${sha256}.cedarschema`;

export interface BundleFile {
  path: string;
  bytes: Uint8Array;
}

const SEGMENT = /^[A-Za-z0-9_+@=,][A-Za-z0-9._+@=,-]*$/;

/**
 * Why `path` may not stand in a bundle, or `undefined`. Plain ASCII, so that every file system, shell and zip tool sees
 * one and the same name; no segment starts with a dot or a dash.
 */
export function pathFlaw(path: string): string | undefined {
  if (path.length > LIMITS.bundlePathBytes) return `longer than ${LIMITS.bundlePathBytes} bytes`;
  if (path.startsWith('/')) return 'an absolute path';
  if (path.includes('\\')) return 'a backslash';
  for (const segment of path.split('/')) {
    if (segment === '..' || segment === '.') return `a '${segment}' segment`;
    if (!SEGMENT.test(segment)) return 'a name outside A-Z a-z 0-9 . _ + @ = , -';
  }
  return undefined;
}

/** The names in `paths` that an earlier one equals, also on a file system that ignores case. */
export function repeatedPaths(paths: readonly string[]): string[] {
  const seen = new Set<string>();
  return paths.filter((path) => {
    const folded = path.toLowerCase();
    return seen.has(folded) || !seen.add(folded);
  });
}
