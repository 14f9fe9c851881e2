import type { Sha256 } from '../../crypto';
import { BUNDLE, executionFile } from '../../protocol/bundle';
import {
  blobsOf,
  executionIn,
  isRunOutcome,
  parseExecution,
  type ExecutionRecord,
  type ExecutionReplay,
} from '../../protocol/execution';
import type { JsonObject } from '../../protocol/json';
import { LIMITS } from '../../protocol/limits';
import type { LogEntry } from '../chain';
import type { About } from '../contents';
import type { Findings } from '../findings';
import type { Loaded } from '../manifest';
import type { BundleReader } from '../types';
import type { Work } from '../work';
import { LeftOutRuns } from './left-out';
import { allowedBy, strayed, type Allowed } from './orders';

/** A recorded run of a skill that the bundle covers and holds everything of. */
interface Run {
  seq: number;
  record: ExecutionRecord;
}

/**
 * Every run of a skill that the log records: that it is the one that its order allowed, that what it took and gave is
 * here, and, where there is an engine, that it comes out the same when it is made again.
 */
export class ExecutionPass {
  readonly #open = new Map<string, Allowed>();
  readonly #leftOut: LeftOutRuns;
  /** SHA-256 → path. */
  readonly #files = new Map<Sha256, string>();
  readonly #unnamed = new Set<string>();
  readonly #runs: Run[] = [];

  constructor(
    private readonly loaded: Loaded,
    private readonly about: About | undefined,
    private readonly engine: ExecutionReplay | undefined,
    private readonly findings: Findings,
  ) {
    findings.executions.engine = engine !== undefined;
    this.#leftOut = new LeftOutRuns(loaded, findings);
    for (const [path, { sha256 }] of loaded.digests) {
      if (path.startsWith(BUNDLE.artifacts)) this.#files.set(sha256, path);
      if (!path.startsWith(BUNDLE.executions) || path === BUNDLE.leftOut) continue;
      this.#files.set(sha256, path);
      this.#unnamed.add(path);
      if (path !== executionFile(sha256))
        findings.add('integrity', 'wrong_execution_file', path, 'The file does not have the SHA-256 in its name.');
    }
  }

  /** Takes the next entry. */
  take({ seq, type, data }: LogEntry): void {
    if (type === 'EXECUTION_AUTHORIZED') return this.#authorized(data);
    if (type !== 'EXECUTION_COMPLETED' && type !== 'EXECUTION_FAILED') return;
    const order = idOf(data);
    const allowed = this.#open.get(order);
    this.#open.delete(order);
    const raw = executionIn(type, data);
    const isCovered = this.about && (this.about.run === null || data['run'] === this.about.run);
    if (raw === undefined) {
      // A refusal or a fault of the machine is no result. A result without a record is of before there were any.
      const isResult = type === 'EXECUTION_COMPLETED' || isRunOutcome(data['code']);
      if (allowed && isResult && isCovered) this.findings.executions.open += 1;
      return;
    }
    const record = parseExecution(raw);
    if (!record) return this.#wrong(seq, 'bad_execution', 'what it records of its run is malformed');
    if (!allowed) return this.#wrong(seq, 'no_run_order', 'it records a skill’s run, and its order is for none');
    const field = strayed(record, allowed) ?? contradicted(record, type, data);
    if (field !== undefined)
      this.#wrong(seq, 'other_run', `its run is another than was authorised or told of: ${field} differs`);
    if (isCovered) this.#covered({ seq, record });
  }

  /** To be called when all of the log was taken. */
  finish(): void {
    const { findings } = this;
    for (const path of this.#unnamed)
      findings.add('integrity', 'unnamed_file', path, 'The log does not name this file.');
    const stray = this.#leftOut.stray;
    if (stray === undefined) return;
    const what = `Entry ${stray} is no run of a skill that could have been left out.`;
    findings.add('integrity', 'bad_left_out', BUNDLE.leftOut, what);
  }

  /** Makes every run again, one after the other. @throws VerifyError `cancelled`, and what the reader throws */
  async replay(reader: BundleReader, work: Work, signal: AbortSignal | undefined): Promise<void> {
    const { engine, findings } = this;
    if (!engine) return;
    const read = async (sha256: string): Promise<Uint8Array | undefined> => {
      const path = this.#files.get(sha256);
      return path !== undefined && reader.size(path) <= LIMITS.skillInputBytes ? reader.read(path) : undefined;
    };
    for (const [done, { seq, record }] of this.#runs.entries()) {
      work.step('executions', done, this.#runs.length);
      const replayed = await engine(record, read, signal);
      if (replayed.kind === 'different') this.#wrong(seq, replayed.code, `made again, ${replayed.words}`);
      else if (replayed.kind === 'identical') findings.executions.identical += 1;
      else {
        findings.executions.open += 1;
        findings.executions.why ??= `Entry ${seq}: ${replayed.words}`;
      }
    }
  }

  #authorized(data: JsonObject): void {
    const allowed = allowedBy(data);
    if (!allowed) return;
    const [oldest] = this.#open.keys();
    if (this.#open.size >= LIMITS.kernelInFlight && oldest !== undefined) this.#open.delete(oldest);
    this.#open.set(idOf(data['order'] as JsonObject), allowed);
  }

  #covered({ seq, record }: Run): void {
    const { executions } = this.findings;
    executions.recorded += 1;
    const blobs = blobsOf(record);
    for (const sha256 of blobs) this.#unnamed.delete(executionFile(sha256));
    if (this.#leftOut.take(seq)) {
      executions.open += 1;
      executions.why ??= `Entry ${seq}: what it took was left out of the bundle`;
      return;
    }
    const missing = blobs.find((sha256) => !this.#files.has(sha256));
    if (missing !== undefined) {
      const what = `Entry ${seq}: what its run took or gave is not here: ${missing}.`;
      this.findings.add('integrity', 'missing_execution', whereOf(seq), what);
    } else if (this.#runs.length < LIMITS.bundleRuns) this.#runs.push({ seq, record });
    else executions.open += 1;
  }

  #wrong(seq: number, code: string, what: string): void {
    this.findings.add('execution', code, whereOf(seq), `Entry ${seq}: ${what}.`);
  }
}

/** Empty for what is no text: no order has that id. */
const idOf = ({ order_id: id }: JsonObject): string => (typeof id === 'string' ? id : '');

const whereOf = (seq: number): string => `${BUNDLE.entries}:${seq + 1}`;

/** What the entry around the record says otherwise. */
function contradicted(record: ExecutionRecord, type: string, data: JsonObject): string | undefined {
  if (type === 'EXECUTION_FAILED') return data['code'] === record.outcome ? undefined : 'outcome';
  const { output_sha256, output_bytes } = data['result'] as JsonObject;
  if (record.outcome !== 'ok') return 'outcome';
  if (output_sha256 !== record.output_sha256) return 'output_sha256';
  return output_bytes === record.output_bytes ? undefined : 'output_bytes';
}
