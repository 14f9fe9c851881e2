/**
 * The audit log over a store: group commit, checkpoints, random access. One loop writes, one commit at a time; what is
 * appended meanwhile joins the next one. A commit that fails leaves nothing behind and the log goes on.
 */
import { concat, hex, sha256Hex } from '../crypto';
import type { Signer } from '../crypto';
import { SovereignError } from '../protocol/errors';
import { LIMITS } from '../protocol/limits';
import type { Clock } from '../protocol/runtime';
import type { Storage } from '../storage';
import { Checkpointer, afterTimeout } from './checkpointer';
import type { Schedule } from './checkpointer';
import type { Line, LogCore, LogState } from './core';
import { prepareEntry, readLine } from './entry';
import { AppendQueue } from './queue';
import type { Pending } from './queue';
import { LogProofs } from './proofs';
import { LineReader } from './reader';
import { recoverLog } from './recover';
import { AuditError } from './types';
import type { AppendOptions, AuditLog, Checkpoint, Entry, NewEntry, Receipt } from './types';
import { yieldToLoop } from './yield';

export interface LogOptions {
  /** In the writer's role already (`claimWriter`): the log never takes it, so that a loser cannot take it back. */
  storage: Storage;
  /** The log key: the one that signed the stored head. */
  signer: Signer;
  /** Asked once every stored line was read: the key that they put in force since, which signs from now on. */
  successor?: () => Promise<Signer>;
  /** Shown every stored line, LF included, while the log is opened. */
  watch?: (line: Uint8Array) => void;
  /** The log's name, and its key's: `sovereign-node/<node>`. */
  origin: string;
  clock: Clock;
  /** For the checkpoint that falls due by time; the realm's timers unless told. */
  schedule?: Schedule;
  /** Hears what broke where nobody waits for an answer: a listener, a checkpoint that fell due. Thrown to the realm unless told. */
  onFault?: (cause: unknown) => void;
}

const surface = (cause: unknown): void =>
  queueMicrotask(() => {
    throw cause;
  });

/**
 * Opens the log. Start-up is recovery: everything stored is read and checked, a torn tail is cut off at the last LF and
 * that is logged as TAIL_TRUNCATED. An empty store is an empty log; GENESIS is the node's to append.
 *
 * @throws AuditError `log_broken`, `log_rolled_back`, `bad_checkpoint` (see `recoverLog`); StorageError.
 */
export async function openLog(options: LogOptions): Promise<AuditLog> {
  const { storage, origin, signer, schedule = afterTimeout, watch, successor } = options;
  const { core, ends, checkpoint, tail } = await recoverLog(storage, origin, signer.publicKey, watch);
  const current = successor ? await successor() : signer;
  const heads = new Checkpointer(origin, current, storage.records, schedule, checkpoint);
  const log = new StoredAuditLog(options, core, new LineReader(storage.log, ends), heads);
  if (tail.length === 0) return log;
  await storage.log.truncate(ends.at(-1) ?? 0);
  // Of a log that never came to its first line there is nothing to tell, and GENESIS must be first.
  if (core.size > 0) {
    const data = { bytes: tail.length, sha256: sha256Hex(tail) };
    await log.append({ type: 'TAIL_TRUNCATED', severity: 'WARNING', data });
  }
  return log;
}

/** Someone who waits for a head that covers the first `after` appends. */
interface Waiter {
  after: number;
  resolve(checkpoint: Checkpoint): void;
  reject(cause: unknown): void;
}

class StoredAuditLog implements AuditLog {
  readonly origin: string;
  readonly proofs: LogProofs;
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #onFault: (cause: unknown) => void;
  readonly #core: LogCore;
  readonly #reader: LineReader;
  readonly #heads: Checkpointer;
  readonly #queue = new AppendQueue();
  readonly #listeners = new Set<(entries: readonly Entry[]) => void>();
  /** What is stored; the core runs ahead of it while a commit is under way. */
  #durable: LogState;
  #root: string | undefined;
  #waiters: Waiter[] = [];
  #accepted = 0;
  #settled = 0;
  #running = false;
  #closed = false;
  /** Lines built since other work had its turn. */
  #built = 0;

  constructor(options: LogOptions, core: LogCore, reader: LineReader, heads: Checkpointer) {
    this.origin = options.origin;
    this.#storage = options.storage;
    this.#clock = options.clock;
    this.#onFault = options.onFault ?? surface;
    this.#core = core;
    this.#reader = reader;
    this.#heads = heads;
    this.#durable = core.snapshot();
    this.proofs = new LogProofs(
      core.blocks,
      () => this.size,
      (from, to) => reader.lines(from, to),
    );
    this.#startTimer();
  }

  get size(): number {
    return this.#durable.size;
  }

  get root(): string {
    // Only when asked: it costs as much as two appends.
    return (this.#root ??= hex(this.#durable.tree.root()));
  }

  get lastCheckpoint(): Checkpoint | undefined {
    return this.#heads.last;
  }

  async append(entry: NewEntry): Promise<Receipt> {
    const [receipt] = await this.appendAll([entry]);
    return receipt!;
  }

  async appendAll(entries: readonly NewEntry[], { signer }: AppendOptions = {}): Promise<Receipt[]> {
    if (this.#closed) throw closed();
    if (entries.length === 0) return [];
    if (entries.length > LIMITS.commitBatch) {
      throw new AuditError('overloaded', `more than ${LIMITS.commitBatch} entries cannot be one commit`);
    }
    const prepared = entries.map(prepareEntry);
    return new Promise((resolve, reject) => {
      this.#queue.push({ entries: prepared, signer, resolve, reject });
      this.#accepted++;
      this.#start();
    });
  }

  async checkpoint(): Promise<Checkpoint> {
    if (this.#closed) throw closed();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ after: this.#accepted, resolve, reject });
      this.#start();
    });
  }

  onAppend(listener: (entries: readonly Entry[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  onCheckpoint(listener: (checkpoint: Checkpoint) => void): () => void {
    this.#heads.listeners.add(listener);
    return () => void this.#heads.listeners.delete(listener);
  }

  lines(from: number, to: number): AsyncIterable<Uint8Array> {
    return this.#reader.lines(from, to);
  }

  async *entries(from: number, to: number): AsyncIterable<Entry> {
    for await (const line of this.lines(from, to)) yield readLine(line);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    // A store that is full or gone must not keep anyone from letting go.
    const last = this.checkpoint().catch(() => undefined);
    this.#closed = true;
    await last;
    this.#heads.stopTimer();
  }

  // The loop that writes.

  #start(): void {
    if (this.#running) return;
    this.#running = true;
    // In a microtask, so that appends made in one breath share the first commit; never on a timer.
    queueMicrotask(() => void this.#run());
  }

  async #run(): Promise<void> {
    while (!this.#queue.isEmpty || this.#waiters.length > 0 || this.#heads.timeIsUp) {
      if (!this.#queue.isEmpty) await this.#commit(this.#queue.take());
      await this.#signIfDue();
      await this.#giveWay();
    }
    this.#running = false;
  }

  async #commit(group: readonly Pending[]): Promise<void> {
    let lines: Line[][] | undefined;
    try {
      lines = await this.#write(group);
    } catch (cause) {
      this.#core.restore(this.#durable);
      for (const pending of group) pending.reject(cause);
    }
    this.#settled += group.length;
    if (!lines) return;
    group.forEach((pending, i) => pending.resolve(lines[i]!.slice(-pending.entries.length).map(receipt)));
    this.#tell(lines.flat());
  }

  /** Builds the group's lines and makes them durable, or throws with nothing stored. */
  async #write(group: readonly Pending[]): Promise<Line[][]> {
    const count = group.reduce((sum, { entries }) => sum + entries.length, 0);
    // Before its second entry: then a longer log without a checkpoint can only be one that was robbed of it.
    if (!this.#heads.last && this.size + count > 1) await this.#heads.sign(this.#durable);
    const lines: Line[][] = [];
    for (const { entries } of group) {
      lines.push(this.#core.append(entries, this.#clock.now()));
      this.#built += entries.length;
      await this.#giveWay();
    }
    const all = lines.flat();
    await this.#storage.log.append(this.#durable.bytes, concat(...all.map((line) => line.bytes)));
    for (const line of all) this.#reader.push(line.bytes.length);
    for (const { signer } of group) if (signer) this.#heads.handOver(signer);
    this.#durable = this.#core.snapshot();
    this.#root = undefined;
    this.#startTimer();
    return lines;
  }

  async #giveWay(): Promise<void> {
    if (this.#built < LIMITS.yieldEntries) return;
    this.#built = 0;
    await yieldToLoop();
  }

  #tell(lines: readonly Line[]): void {
    if (this.#listeners.size === 0) return;
    const entries = lines.map((line) => readLine(line.bytes));
    for (const listener of this.#listeners) {
      try {
        listener(entries);
      } catch (cause) {
        // A listener's fault is its own: it must surface, and must not stop the loop.
        this.#onFault(cause);
      }
    }
  }

  #startTimer(): void {
    if (!this.#closed) this.#heads.startTimer(this.size, () => this.#start());
  }

  async #signIfDue(): Promise<void> {
    const ready = this.#waiters.filter((waiter) => waiter.after <= this.#settled);
    if (ready.length === 0 && !this.#heads.isDue(this.size)) return;
    this.#waiters = this.#waiters.filter((waiter) => waiter.after > this.#settled);
    try {
      const checkpoint = await this.#heads.sign(this.#durable);
      for (const waiter of ready) waiter.resolve(checkpoint);
    } catch (cause) {
      for (const waiter of ready) waiter.reject(cause);
      // Nobody may have asked for this one: it is tried again after the next commit, or when the time is up.
      if (ready.length === 0 && !(cause instanceof SovereignError)) this.#onFault(cause);
      this.#startTimer();
    }
  }
}

const receipt = ({ seq, ts, hash }: Line): Receipt => ({ seq, ts, hash });
const closed = (): AuditError => new AuditError('closed', 'the log was closed', { advice: 'Reload.' });
