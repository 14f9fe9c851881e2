import { equalBytes, hex, parsePublicKeyPem, type TileSink } from '../crypto';
import { keyFiles } from '../keys';
import { BUNDLE, keyFile, type BundleKey } from '../protocol/bundle';
import { EvidenceFold } from '../protocol/evidence';
import { LIMITS } from '../protocol/limits';
import { Chain, type LogEntry } from './chain';
import type { Contents } from './contents';
import type { ExecutionPass } from './execution';
import type { Findings } from './findings';
import { Lines } from './lines';
import { asText, readThrough, type Loaded } from './manifest';
import type { Openings } from './openings';
import type { ReplayPass } from './replay';
import { Case, judge, newState, type LogState } from './rules';
import { VerifyError, type BundleReader } from './types';
import type { Work } from './work';

/** What the one pass over the log found out. */
export interface LogPass {
  chain: Chain;
  state: LogState;
  evidence: EvidenceFold;
}

/** What else is to be known of the log while it goes by. */
interface LogReaders {
  contents: Contents;
  replay: ReplayPass;
  executions: ExecutionPass;
  openings: Openings;
  /** At which the log's last time is asked for. */
  sizes: ReadonlySet<number>;
  /** Takes the tree's tiles as they become full. */
  tiles: TileSink;
  /** That the bundle covers; null for all. */
  run: string | null;
}

/** What the log says that its bundle holds; no more of it than fits in memory. */
class BoundedEvidence {
  readonly fold: EvidenceFold;
  #bytes = 0;
  constructor(
    run: string | null,
    private readonly findings: Findings,
  ) {
    this.fold = new EvidenceFold(run);
  }

  take(entry: LogEntry, bytes: number): void {
    if (!this.fold.keeps(entry)) return this.fold.apply(entry);
    const fitted = this.#bytes <= LIMITS.verifyEvidenceBytes;
    this.#bytes += bytes;
    if (this.#bytes <= LIMITS.verifyEvidenceBytes) return this.fold.apply(entry);
    if (!fitted) return;
    const where = `${BUNDLE.entries}:${entry.seq + 1}`;
    this.findings.add('integrity', 'too_large', where, 'More runs and stages than a bundle can hold.');
  }
}

/** Reads the log once, from its first line to its last: its hash, the chain, then what each entry claims. */
export async function checkLog(
  reader: BundleReader,
  loaded: Loaded,
  { contents, replay, executions, openings, sizes, tiles, run }: LogReaders,
  findings: Findings,
  work: Work,
): Promise<LogPass> {
  const chain = new Chain(sizes, tiles);
  const state = newState();
  const evidence = new BoundedEvidence(run, findings);
  const lines = new Lines(LIMITS.entryBytes + 1);
  const judgeLines = async (some: Iterable<Uint8Array>): Promise<void> => {
    for (const line of some) {
      const entry = judgeLine(line, chain, state, findings, work);
      if (entry) {
        replay.take(entry, state);
        executions.take(entry);
        openings.take(entry);
        evidence.take(entry, line.length);
      }
      contents.take(state);
      if (work.isFull) await work.proceed();
    }
  };
  const total = reader.size(BUNDLE.entries);
  let done = 0;
  if (reader.files.includes(BUNDLE.entries))
    await readThrough(reader, BUNDLE.entries, loaded, findings, async (piece) => {
      await judgeLines(lines.push(piece));
      if (chain.tree.size > LIMITS.verifyEntries)
        throw new VerifyError('too_large', `more than ${LIMITS.verifyEntries} entries are not read`);
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
  return { chain, state, evidence: evidence.fold };
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
