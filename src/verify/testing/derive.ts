/** The files that follow from a log, made again by somebody who changed it: signed anew by the keys that he has. */
import {
  formatAddCheckpoint,
  formatCheckpoint,
  formatTlogProof,
  fromHex,
  hex,
  HashTiles,
  inTotoKey,
  inTotoKeyId,
  jcs,
  leafHash,
  minisignMessage,
  minisignSignature,
  olpcBytes,
  parseCheckpoint,
  parseNote,
  sha256Hex,
  signifySignature,
  signNote,
  utf8,
  type Signer,
} from '../../crypto';
import { KeyLife, keyFiles } from '../../keys';
import { BUNDLE, proofFile, type BundleFile, type BundleKey } from '../../protocol/bundle';
import { decisionsOf } from '../../protocol/decisions';
import { EvidenceFold, inTotoFiles, inTotoRuns, LAYOUT_FILE, LAYOUT_KEY_FILE, linkName } from '../../protocol/evidence';
import { LIMITS } from '../../protocol/limits';
import type { LooseEntry } from './forge';

/** `olderLog`: the log key at the time of the older checkpoint, where it was another one. */
export type SomeKeys = Partial<Record<BundleKey | 'olderLog', Signer>>;
type Texts = Map<string, string | Uint8Array>;

/** What a signature looks like of who does not have the key. */
const NONE = new Uint8Array(64);
const signed = async (signer: Signer | undefined, message: Uint8Array): Promise<Uint8Array> =>
  signer ? signer.sign(message) : NONE;

/**
 * Everything that follows from these lines, in place of what followed from the old ones.
 *
 * @param old the note of the checkpoint before, and the one of the older checkpoint if there is any
 */
export async function derive(
  files: readonly BundleFile[],
  entries: readonly LooseEntry[],
  lines: readonly string[],
  old: { note: string; older: string | undefined },
  keys: SomeKeys,
): Promise<BundleFile[]> {
  const tree = new HashTiles();
  for (const line of lines) tree.append(leafHash(utf8(line)));
  const evidence = new EvidenceFold(null);
  const life = new KeyLife();
  for (const entry of entries) {
    evidence.apply(entry as never);
    life.apply(entry as never);
  }
  const made: Texts = new Map();
  const decisions = entries.map((entry) => decisionsOf(entry as never)).filter((d) => d !== undefined);
  made.set(BUNDLE.decisions, decisions.map((d) => `${jcs(d)}\n`).join(''));
  for (const { path, bytes } of tree.tiles()) made.set(BUNDLE.logFolder + path, bytes);
  await heads(made, tree, { evidence, life }, old, keys);
  for (const { path, bytes } of keyFiles(life) ?? []) made.set(path, bytes);
  await inToto(made, evidence, life, keys);
  const gone = (path: string): boolean =>
    [BUNDLE.tiles, BUNDLE.proofs, BUNDLE.intoto].some((folder) => path.startsWith(folder)) || made.has(path);
  const kept = files.filter(({ path }) => !gone(path));
  return [...kept, ...[...made].map(([path, text]) => ({ path, bytes: typeof text === 'string' ? utf8(text) : text }))];
}

async function heads(
  made: Texts,
  tree: HashTiles,
  { evidence, life }: { evidence: EvidenceFold; life: KeyLife },
  old: { note: string; older: string | undefined },
  { log, olderLog = log }: SomeKeys,
): Promise<void> {
  const note = await headOf(tree, tree.size, old.note, log);
  made.set(BUNDLE.checkpoint, note);
  for (const index of evidence.proved(LIMITS.bundleProofs))
    made.set(proofFile(index), formatTlogProof({ index, proof: tree.inclusion(index), checkpointNote: note }));
  const { text, signatures } = parseNote(note)!;
  const { origin } = parseCheckpoint(text)!;
  const [own] = signatures;
  const key = rawKey(life, 'log') ?? NONE.subarray(32);
  const trusted = `${origin} size ${tree.size}`;
  const second = await signed(log, minisignMessage(own!.signature, trusted));
  const comment = `signature of ${origin}`;
  made.set(BUNDLE.checkpointBody, text);
  made.set(BUNDLE.signifySignature, signifySignature(key, own!.signature, comment));
  made.set(BUNDLE.minisignSignature, minisignSignature(key, own!.signature, comment, trusted, second));
  const oldSize = old.older === undefined ? 0 : parseCheckpoint(parseNote(old.older)!.text)!.size;
  if (oldSize === 0 || oldSize >= tree.size) return;
  made.set(BUNDLE.olderCheckpoint, await headOf(tree, oldSize, old.older!, olderLog));
  const proof = tree.consistency(oldSize);
  made.set(BUNDLE.consistency, formatAddCheckpoint({ oldSize, proof, checkpointNote: note }));
}

/** The head of this size: signed, or with the signature that stood under another one. */
async function headOf(tree: HashTiles, size: number, note: string, log: Signer | undefined): Promise<string> {
  const origin = note.slice(0, note.indexOf('\n'));
  const body = formatCheckpoint({ origin, size, root: hex(tree.root(size)) });
  return log ? signNote(body, origin, log) : body + note.slice(note.indexOf('\n\n') + 1);
}

const rawKey = (life: KeyLife, purpose: string): Uint8Array | undefined =>
  fromHex(life.spans.findLast((s) => s.purpose === purpose)?.key ?? 'none');

async function inToto(made: Texts, evidence: EvidenceFold, life: KeyLife, keys: SomeKeys): Promise<void> {
  if (!rawKey(life, 'node') || evidence.genesis === undefined) return;
  const raw = (purpose: string): Uint8Array => rawKey(life, purpose)!;
  const named = (name: string) => ({ id: inTotoKeyId(raw(name)), key: inTotoKey(raw(name)) });
  const ownerIds = new Set(life.spans.filter((s) => s.purpose === 'owner').map((s) => sha256Hex(fromHex(s.key)!)));
  const who = { node: named('node'), governance: named('governance'), owner: named('owner'), ownerIds };
  for (const { run, folder } of inTotoRuns(evidence.runs.values(), null)) {
    made.set(folder + LAYOUT_KEY_FILE, `${jcs(who.governance.key)}\n`);
    for (const { name, signed: body, by } of inTotoFiles(run, who, evidence.genesis))
      for (const signer of by) {
        const keyid = who[signer].id;
        const sig = hex(await signed(keys[signer], olpcBytes(body)));
        const file = name === LAYOUT_FILE ? name : linkName(name, keyid);
        made.set(folder + file, `${jcs({ signatures: [{ keyid, sig }], signed: body })}\n`);
      }
  }
}
