import { equalBytes, hex, noteKey, parseCheckpoint, parseNote, parsePublicKeyPem, verifyNote } from '../crypto';
import { keyFiles } from '../keys';
import { BUNDLE, keyFile, type BundleKey } from '../protocol/bundle';
import { LIMITS } from '../protocol/limits';
import { Chain, type LogEntry } from './chain';
import type { Contents } from './contents';
import type { Findings } from './findings';
import { Lines } from './lines';
import { asText, readThrough, type Loaded } from './manifest';
import type { ReplayPass } from './replay';
import { Case, judge, newState, type LogState } from './rules';
import type { BundleReader } from './types';
import type { Work } from './work';

/** What the one pass over the log found out. */
export interface LogPass {
  chain: Chain;
  state: LogState;
}

/** Reads the log once, from its first line to its last: its hash, the chain, then what each entry claims. */
export async function checkLog(
  reader: BundleReader,
  loaded: Loaded,
  { contents, replay }: { contents: Contents; replay: ReplayPass },
  sizes: ReadonlySet<number>,
  findings: Findings,
  work: Work,
): Promise<LogPass> {
  const chain = new Chain(sizes);
  const state = newState();
  const lines = new Lines(LIMITS.entryBytes + 1);
  const judgeLines = async (some: Iterable<Uint8Array>): Promise<void> => {
    for (const line of some) {
      const entry = judgeLine(line, chain, state, findings, work);
      if (entry) replay.take(entry, state);
      contents.take(state);
      if (work.isFull) await work.flush();
    }
  };
  const total = reader.size(BUNDLE.entries);
  let done = 0;
  if (reader.files.includes(BUNDLE.entries))
    await readThrough(reader, BUNDLE.entries, loaded, findings, async (piece) => {
      await judgeLines(lines.push(piece));
      work.step('log', (done += piece.length), total);
    });
  await judgeLines(lines.end());
  await work.flush();
  findings.facts.entries = chain.tree.size;
  findings.facts.root = hex(chain.tree.root());
  findings.facts.firstTime = chain.firstTime;
  findings.facts.lastTime = chain.lastTime;
  findings.facts.origin = state.origin ?? null;
  findings.counts.orders = state.orders.size;
  if (!state.keys) findings.add('integrity', 'bad_genesis', `${BUNDLE.entries}:1`, 'The log does not say whose it is.');
  return { chain, state };
}

function judgeLine(
  line: Uint8Array,
  chain: Chain,
  state: LogState,
  findings: Findings,
  work: Work,
): LogEntry | undefined {
  const seq = chain.tree.size;
  const { entry, flaws } = chain.add(line);
  for (const flaw of flaws)
    findings.add('integrity', 'bad_entry', `${BUNDLE.entries}:${seq + 1}`, `Entry ${seq}: ${flaw}.`);
  if (entry) judge(new Case(entry, state, findings, work));
  return entry;
}

/** The signed head covers exactly the entries that are here. */
export async function checkCheckpoint(
  bytes: Uint8Array,
  chain: Chain,
  state: LogState,
  findings: Findings,
): Promise<void> {
  const wrong = (code: string, message: string): void => findings.add('integrity', code, BUNDLE.checkpoint, message);
  const note = parseNote(bytes);
  const body = note && parseCheckpoint(note.text);
  if (!note || !body) return wrong('bad_checkpoint', 'The checkpoint is malformed.');
  const size = chain.tree.size;
  if (body.size !== size)
    wrong('wrong_size', `The checkpoint is of ${body.size} entries, but ${size} are here: some were cut off or added.`);
  else if (body.root !== hex(chain.tree.root()))
    wrong('wrong_root', 'The tree over the entries does not have the root that the checkpoint signs.');
  if (!state.keys || state.origin === undefined) return;
  if (body.origin !== state.origin) return wrong('bad_checkpoint', 'The checkpoint is of another log.');
  // One signature for now: a second one would be unchecked text under a verdict.
  if (note.signatures.length !== 1)
    wrong('bad_checkpoint', 'The checkpoint carries signatures that nothing vouches for.');
  findings.counts.signatures += 1;
  if (!(await verifyNote(note, noteKey(state.origin, state.keys.log))))
    findings.add(
      'authenticity',
      'bad_checkpoint_signature',
      BUNDLE.checkpoint,
      'The log key did not sign the checkpoint.',
    );
}

/** The files in `keys/` follow from the log, byte for byte, but for the witness policy; and there is no other. */
export function checkKeyFiles(files: ReadonlyMap<string, Uint8Array>, state: LogState, findings: Findings): void {
  const expected = keyFiles(state.life);
  if (!expected) return;
  for (const { path, bytes } of expected) {
    const found = files.get(path);
    if (!found || !equalBytes(found, bytes))
      findings.add('integrity', 'wrong_key_file', path, 'The key file does not say what the log says.');
  }
  const known = new Set<string>([BUNDLE.witnessPolicy, ...expected.map(({ path }) => path)]);
  for (const path of files.keys())
    if (path.startsWith('keys/') && !known.has(path))
      findings.add('integrity', 'wrong_key_file', path, 'The log names no such key.');
}

export function readKey(files: ReadonlyMap<string, Uint8Array>, name: BundleKey): Uint8Array | undefined {
  return parsePublicKeyPem(asText(files.get(keyFile(name))) ?? '');
}
