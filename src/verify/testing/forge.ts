/** What somebody does who changes a bundle: with no key, with a key of his own, or with the owner's own keys. */
import {
  base64,
  encodeSshsig,
  fromUtf8,
  jcs,
  sha256Hex,
  sha256Text,
  sshsigMessage,
  utf8,
  type Signer,
} from '../../crypto';
import { BUNDLE, UNLISTED, type BundleFile } from '../../protocol/bundle';
import { derive, type SomeKeys } from './derive';

/** An entry as anyone may edit it; of `data`, what the tests of some type change. */
export interface LooseEntry {
  [key: string]: unknown;
  seq: number;
  ts: string;
  type: string;
  data: {
    summary: string;
    keys: { owner: string };
    snapshot: object;
    signature: string;
    role_signature: { role: string; issuer: string } & Record<string, unknown>;
    role_signature_sha256: string;
    approval: { approver: string };
    order: LooseOrder;
    arguments: { file: string };
    request: { action: string };
    from: string | null;
  };
}
interface LooseOrder {
  [key: string]: unknown;
  action: string;
  audience: string;
  issued_at: string;
  policy_sha256: string;
  approvals: { decided_at: string }[];
}

export const entriesOf = (files: readonly BundleFile[]): LooseEntry[] =>
  textOf(files, BUNDLE.entries)
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as LooseEntry);

/** `data` of the first entry of a type. */
export function dataOf(entries: readonly LooseEntry[], type: string): LooseEntry['data'] {
  const entry = entries.find((e) => e.type === type);
  if (!entry) throw new Error(`the sample has no ${type} entry`);
  return entry.data;
}

export const textOf = (files: readonly BundleFile[], path: string): string =>
  fromUtf8(files.find((file) => file.path === path)!.bytes);

export const put = (files: readonly BundleFile[], path: string, content: string | Uint8Array): BundleFile[] => [
  ...files.filter((file) => file.path !== path),
  { path, bytes: typeof content === 'string' ? utf8(content) : content },
];

export const drop = (files: readonly BundleFile[], path: string): BundleFile[] =>
  files.filter((file) => file.path !== path);

/** Writes the list anew, which needs no key; and signs it, which does. */
export async function resum(files: readonly BundleFile[], governance?: Signer): Promise<BundleFile[]> {
  const listed = files.filter((file) => !UNLISTED.includes(file.path)).sort((a, b) => (a.path < b.path ? -1 : 1));
  const sums = utf8(listed.map((file) => `${sha256Hex(file.bytes)}  ${file.path}\n`).join(''));
  const out = put(files, BUNDLE.sums, sums);
  if (!governance) return out;
  const ssh = await governance.sign(sshsigMessage(BUNDLE.namespace, sums));
  const raw = put(out, BUNDLE.rawSignature, await governance.sign(sums));
  return put(raw, BUNDLE.sshSignature, encodeSshsig(governance.publicKey, BUNDLE.namespace, ssh));
}

/** Edits entries, chains them anew, and makes everything that follows from the log again, signed by the given keys. */
export async function rewriteLog(
  files: readonly BundleFile[],
  edit: (entries: LooseEntry[]) => LooseEntry[],
  keys: SomeKeys = {},
): Promise<BundleFile[]> {
  let prev = '0'.repeat(64);
  const entries = edit(entriesOf(files)).map((entry, seq) => ({ ...entry, seq }));
  const lines = entries.map((entry) => {
    const line = `${jcs({ ...entry, prev })}\n`;
    prev = sha256Text(line);
    return line;
  });
  const has = files.some(({ path }) => path === BUNDLE.olderCheckpoint);
  const old = {
    note: textOf(files, BUNDLE.checkpoint),
    older: has ? textOf(files, BUNDLE.olderCheckpoint) : undefined,
  };
  return derive(put(files, BUNDLE.entries, lines.join('')), entries, lines, old, keys);
}

/** Signs a record again after it was edited: base64 over the JCS of what is left without `signature`. */
export async function resignRecord(record: Record<string, unknown>, signer: Signer): Promise<void> {
  const { signature: _, ...body } = record;
  record['signature'] = base64(await signer.sign(utf8(jcs(body))));
}
