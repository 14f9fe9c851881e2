import {
  formatTlogProof,
  fromBase64,
  minisignMessage,
  minisignSignature,
  sha256Hex,
  signifySignature,
  utf8,
  verifySignature,
  type Note,
  type Sha256,
  type TileSink,
} from '../crypto';
import { BUNDLE, keyFile, proofFile, UNLISTED } from '../protocol/bundle';
import { LIMITS } from '../protocol/limits';
import type { Findings } from './findings';
import type { LogPass } from './log';
import { asText, type FileList, type Loaded } from './manifest';

/** Folders whose files follow from the log: what stands in them and does not, is refused. */
const FOLDERS = ['log/', BUNDLE.proofs, BUNDLE.intoto, BUNDLE.timestamps];
/** Folders that are judged elsewhere. */
const OTHERS = [BUNDLE.artifacts, BUNDLE.executions, BUNDLE.statements, BUNDLE.policies, keyFile('log').slice(0, 5)];
const SINGLE: ReadonlySet<string> = new Set([...UNLISTED, BUNDLE.about, BUNDLE.script, BUNDLE.readme, BUNDLE.openings]);

/** Of a full tile (c2sp.org/tlog-tiles). */
const LEAVES = 256;

/** The files that follow from log and keys: made again and compared byte by byte. */
export class Derived {
  readonly #known = new Set<string>([BUNDLE.entries, BUNDLE.checkpoint]);
  readonly #present: ReadonlySet<string>;
  constructor(
    private readonly loaded: Loaded,
    private readonly findings: Findings,
  ) {
    this.#present = new Set(loaded.files);
  }

  /** `path` must hold exactly these bytes. */
  expect(path: string, bytes: Uint8Array | string): void {
    this.expectHash(path, sha256Hex(typeof bytes === 'string' ? utf8(bytes) : bytes));
  }

  /** As {@link expect}, and the bytes are made only where there is something to compare them with. */
  expectHere(path: string, bytes: () => string): void {
    if (this.#present.has(path)) this.expect(path, bytes());
    else this.expectHash(path, '');
  }

  expectHash(path: string, sha256: Sha256): void {
    this.#known.add(path);
    const found = this.loaded.digests.get(path);
    if (!found && !this.#present.has(path))
      this.findings.add('integrity', 'missing_derived', path, 'The file that the log calls for is not here.');
    else if (found && found.sha256 !== sha256)
      this.findings.add('integrity', 'wrong_derived', path, 'The file does not say what follows from the log.');
  }

  /** `path` is called for, and judged elsewhere. */
  allow(path: string): void {
    this.#known.add(path);
  }

  /** What a bundle has no place for, though its list names it. */
  finish(list: FileList): void {
    for (const path of this.loaded.files) {
      if (!list.names(path)) continue;
      const derived = FOLDERS.some((folder) => path.startsWith(folder));
      if (derived ? this.#known.has(path) : SINGLE.has(path) || OTHERS.some((folder) => path.startsWith(folder)))
        continue;
      this.findings.add('integrity', 'unknown_file', path, 'A bundle has no such file.');
    }
  }
}

/**
 * Takes the tree's full tiles while the log is read. Kept are those in which a size of `sizes` ends, or an entry stands
 * that a proof in the bundle is about: the others are 32 bytes an entry that nobody asks for again.
 */
export function tileSink(loaded: Loaded, sizes: ReadonlySet<number>, derived: Derived): TileSink {
  const proved = loaded.files.flatMap((path) => {
    const seq = /^proofs\/(\d{1,15})\.tlog-proof$/.exec(path)?.[1];
    return seq === undefined ? [] : [Number(seq)];
  });
  const kept = new Set([...sizes, ...proved].map((leaf) => Math.floor(leaf / LEAVES)));
  return {
    take: ({ path, bytes }) => derived.expect(BUNDLE.logFolder + path, bytes),
    keeps: (index) => kept.has(index),
  };
}

/** The other tiles, and inclusion proofs, each under the name that the tree gives it. */
export function expectTree({ chain, evidence }: LogPass, loaded: Loaded, derived: Derived): void {
  const { tree } = chain;
  for (const { path, bytes } of tree.tiles()) derived.expect(BUNDLE.logFolder + path, bytes);
  const checkpointNote = asText(loaded.bytes.get(BUNDLE.checkpoint));
  if (checkpointNote === undefined) return;
  for (const index of evidence.proved(LIMITS.bundleProofs))
    derived.expectHere(proofFile(index), () =>
      formatTlogProof({ index, proof: tree.inclusion(index), checkpointNote }),
    );
}

/**
 * The checkpoint's text apart, and the log key's signature over it in the forms of signify and minisign. The first is
 * the note's own signature; the second has one more, over its comment.
 */
export async function expectPlainSignatures(
  { chain, state }: LogPass,
  note: Note,
  derived: Derived,
  loaded: Loaded,
  findings: Findings,
): Promise<void> {
  const key = state.keys?.log;
  const { origin } = state;
  const signature = note.signatures.find(({ name }) => name === origin)?.signature;
  if (!key || origin === undefined || !signature) return;
  const comment = `signature of ${origin}`;
  derived.expect(BUNDLE.checkpointBody, note.text);
  derived.expect(BUNDLE.signifySignature, signifySignature(key, signature, comment));
  const trusted = `${origin} size ${chain.tree.size}`;
  const lines = asText(loaded.bytes.get(BUNDLE.minisignSignature))?.split('\n') ?? [];
  const second = fromBase64(lines[3] ?? '') ?? new Uint8Array();
  derived.expect(BUNDLE.minisignSignature, minisignSignature(key, signature, comment, trusted, second));
  findings.counts.signatures += 1;
  if (!(await verifySignature(key, minisignMessage(signature, trusted), second)))
    findings.add('authenticity', 'bad_signature', BUNDLE.minisignSignature, 'The log key did not sign the comment.');
}
