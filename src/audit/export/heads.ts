import {
  formatAddCheckpoint,
  formatTlogProof,
  hex,
  minisignMessage,
  minisignSignature,
  noteKey,
  parseCheckpoint,
  parseNote,
  signifySignature,
  utf8,
  verifyNote,
  type HashTiles,
  type Note,
  type Signer,
} from '../../crypto';
import { BUNDLE, proofFile, timestampFile } from '../../protocol/bundle';
import { LIMITS } from '../../protocol/limits';
import type { Checkpoint } from '../types';
import type { BundleInput } from './build';
import { badBundle } from './errors';
import { packFile, type PackedFile } from './pack';
import type { Scan } from './scan';

/** The checkpoint in every form in which a tool reads it, the older one, their timestamps, the tiles, and the proofs. */
export async function headFiles(
  { tree, evidence }: Pick<Scan, 'tree' | 'evidence'>,
  checkpoint: Checkpoint,
  { older, timestamps }: Pick<BundleInput, 'older' | 'timestamps'>,
  signer: Signer,
): Promise<PackedFile[]> {
  const note = parseNote(checkpoint.note) ?? badBundle('the checkpoint is no signed note');
  const olderHead = older === undefined ? [] : await olderFiles(tree, checkpoint, older, signer);
  const sizes = [checkpoint.size, ...(olderHead.length > 0 ? [sizeOf(older)] : [])];
  return [
    packFile(BUNDLE.checkpoint, checkpoint.note),
    ...(await plainSignatures(note, checkpoint, signer)),
    ...olderHead,
    ...[...(timestamps ?? [])]
      .filter(([size]) => sizes.includes(size))
      .map(([size, token]) => packFile(timestampFile(size), token)),
    ...[...tree.tiles()].map(({ path, bytes }) => packFile(BUNDLE.logFolder + path, bytes)),
    ...evidence.proved(LIMITS.bundleProofs).map((index) => {
      const proof = tree.inclusion(index);
      return packFile(proofFile(index), formatTlogProof({ index, proof, checkpointNote: checkpoint.note }));
    }),
  ];
}

/** The checkpoint's text with the log key's signature over it, as signify and minisign read it. */
async function plainSignatures(note: Note, checkpoint: Checkpoint, signer: Signer): Promise<PackedFile[]> {
  const { publicKey } = signer;
  const key = noteKey(checkpoint.origin, publicKey);
  if (!(await verifyNote(note, key))) badBundle('the log key did not sign the checkpoint');
  const { signature } = note.signatures.find((s) => s.name === key.name && s.keyId === key.id)!;
  const comment = `signature of ${checkpoint.origin}`;
  const trusted = `${checkpoint.origin} size ${checkpoint.size}`;
  const second = await signer.sign(minisignMessage(signature, trusted));
  return [
    packFile(BUNDLE.checkpointBody, note.text),
    packFile(BUNDLE.signifySignature, signifySignature(publicKey, signature, comment)),
    packFile(BUNDLE.minisignSignature, minisignSignature(publicKey, signature, comment, trusted, second)),
  ];
}

/** Of a checkpoint note; -1 for none. */
const sizeOf = (note = ''): number => parseCheckpoint(parseNote(note)?.text ?? '')?.size ?? -1;

/** Only a smaller tree of this very log key tells more; the log's lines must lead up to it. */
async function olderFiles(
  tree: HashTiles,
  { origin, size, note: checkpointNote }: Checkpoint,
  older: string,
  signer: Signer,
): Promise<PackedFile[]> {
  const note = parseNote(older);
  const body = note && parseCheckpoint(note.text);
  if (!note || !body || body.origin !== origin) return badBundle('the older checkpoint is not of this log');
  if (body.size === 0 || body.size >= size) return [];
  if (!(await verifyNote(note, noteKey(origin, signer.publicKey)))) return [];
  if (hex(tree.root(body.size)) !== body.root) badBundle('the log does not continue its older checkpoint');
  const proof = tree.consistency(body.size);
  return [
    packFile(BUNDLE.olderCheckpoint, utf8(older)),
    packFile(BUNDLE.consistency, formatAddCheckpoint({ oldSize: body.size, proof, checkpointNote })),
  ];
}
