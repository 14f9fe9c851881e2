/**
 * The witnesses of this node's log: asked at every checkpoint, beside the log and never in its way. What is kept is
 * checked first: a line counts by the signature of the pinned key, whoever brought it.
 */
import { formatWitnessPolicy, noteKey, parseCosignerVkey, thresholdPolicy } from '../../crypto';
import type { NoteKey, Signer } from '../../crypto';
import type { AuditLog, Checkpoint } from '../../audit';
import type { RecordStore } from '../../storage';
import { formatRegistration } from '../../witness';
import type { Schedule } from '../supervisor';
import { SeenHistory } from './history';
import type { SeenHead } from '../../protocol/messages';
import { ask, get, heldByWitness, type Asked, type Fetch } from './ask';
import { CosignedBook } from './book';
import { WitnessClient } from './client';
import { checkSettings, prefixOf, readSettings, writeSettings, type WitnessSettings } from './settings';
import type { FoundWitness, WitnessConfig, WitnessState, Witnesses } from './types';

export interface WitnessDeps {
  log: AuditLog;
  records: RecordStore;
  /** The log key in force, and the node key that vouches for it to a witness. */
  signers: () => Readonly<Record<'log' | 'node', Signer>>;
  fetch: Fetch;
  /** Address of the server that serves the app, where there is one: the first witness, if the owner chose none. */
  server: string | undefined;
  schedule: Schedule;
  /** A witness or its state is another. */
  changed(): void;
  /** A checkpoint that our own key signed does not fit this log: it was put back, or rewritten. Already recorded. */
  rolledBack(held: Checkpoint): void;
}

interface Line {
  config: WitnessConfig;
  key: NoteKey;
  client: WitnessClient;
  size: number;
  time: number | null;
  problem: string | null;
}

export class NodeWitnesses implements Witnesses {
  readonly #deps: WitnessDeps;
  readonly #book: CosignedBook;
  readonly #history: SeenHistory;
  readonly #stopped = new AbortController();
  #lines: Line[] = [];
  #quorum = 0;
  #stopHearing: (() => void) | undefined;

  private constructor(deps: WitnessDeps, book: CosignedBook, history: SeenHistory) {
    this.#deps = deps;
    this.#book = book;
    this.#history = history;
  }

  /** Starts asking. It waits for no witness. @throws NodeError `bad_request` when the stored settings cannot be read. */
  static async open(deps: WitnessDeps): Promise<NodeWitnesses> {
    const witnesses = new NodeWitnesses(
      deps,
      await CosignedBook.open(deps.records, deps.log.origin),
      await SeenHistory.open(deps.records),
    );
    const settings = await readSettings(deps.records);
    if (settings) await witnesses.#use(settings);
    else if (deps.server !== undefined) void witnesses.#meet(deps.server);
    witnesses.#stopHearing = deps.log.onCheckpoint((checkpoint) => witnesses.#offer(checkpoint));
    return witnesses;
  }

  close(): void {
    this.#stopped.abort();
    this.#stopHearing?.();
    for (const { client } of this.#lines) client.stop();
  }

  get quorum(): number {
    return this.#quorum;
  }

  get witnessedSize(): number {
    return this.#lines.map(({ size }) => size).toSorted((a, b) => b - a)[this.#quorum - 1] ?? 0;
  }

  /** When witnesses saw the log, smallest head first. */
  get history(): readonly SeenHead[] {
    return this.#history.heads;
  }

  states(): WitnessState[] {
    return this.#lines.map(({ config, size, time, problem }) => ({ ...config, size, time, problem }));
  }

  policyText(): string {
    const keys = new Map(this.#lines.map(({ config, key }) => [config.name, key]));
    return formatWitnessPolicy(thresholdPolicy([this.#logKey()], keys, this.#quorum));
  }

  previous(size: number): string | undefined {
    return this.#book.previous(size);
  }

  async cosigned(checkpoint: Checkpoint, waitMs: number): Promise<string> {
    const missing = this.#lines.filter(({ key }) => !this.#book.has(checkpoint, key));
    const asked = Promise.all(missing.map(({ client }) => client.askNow(checkpoint)));
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => (cancel = this.#deps.schedule(resolve, waitMs)));
    await Promise.race([asked, late]);
    cancel();
    return this.#book.note(checkpoint);
  }

  /** Asks all of them about the log as it is now, without regard to pauses. */
  async askAll(): Promise<void> {
    const checkpoint = await this.#deps.log.checkpoint();
    await Promise.all(this.#lines.map(({ client }) => client.askNow(checkpoint)));
  }

  /** Takes the owner's choice: logged, stored, then used. @throws NodeError `bad_request` */
  async set(settings: WitnessSettings, by: 'owner' | 'first contact' = 'owner'): Promise<void> {
    const checked = checkSettings(settings);
    const { witnesses, quorum } = checked;
    await this.#deps.log.append({
      type: 'WITNESSES_SET',
      data: { by, quorum, witnesses: witnesses.map((w) => ({ ...w })) },
    });
    await writeSettings(this.#deps.records, checked);
    await this.#use(checked);
    this.#deps.changed();
  }

  /** What a witness of ours at `address` says of itself, for the owner to compare. @throws Error when it does not answer. */
  async find(address: string): Promise<FoundWitness> {
    const url = prefixOf(address);
    const signal = this.#stopped.signal;
    const vkey = (await get({ fetch: this.#deps.fetch, url, signal }, 'vkey')).trim();
    const key = parseCosignerVkey(vkey);
    if (!key) throw new Error('what it shows is not the key of a witness');
    return { url, vkey, name: new URL(url).host.replaceAll(/[^A-Za-z0-9.]+/g, '-').replace(/^[^A-Za-z0-9]+/, '') };
  }

  /** The server that serves the app is the first witness, its key pinned as it is found. */
  async #meet(server: string): Promise<void> {
    try {
      const found = await this.find(`${server.replace(/\/+$/, '')}/witness`);
      if (this.#stopped.signal.aborted || (await readSettings(this.#deps.records))) return;
      await this.set({ witnesses: [found], quorum: 1 }, 'first contact');
    } catch {
      // It is no witness, or not there now; the next start looks again.
    }
  }

  async #use({ witnesses, quorum }: WitnessSettings): Promise<void> {
    for (const { client } of this.#lines) client.stop();
    this.#quorum = quorum;
    this.#lines = await Promise.all(witnesses.map((config) => this.#line(config)));
    const last = this.#deps.log.lastCheckpoint;
    if (last) this.#offer(last);
  }

  async #line(config: WitnessConfig): Promise<Line> {
    const key = parseCosignerVkey(config.vkey)!;
    const newest = await this.#book.newestBy(key);
    const line: Line = {
      config,
      key,
      size: newest?.size ?? 0,
      time: newest?.time ?? null,
      problem: null,
      client: new WitnessClient({
        schedule: this.#deps.schedule,
        ask: (checkpoint, signal) => this.#ask(line, checkpoint, signal),
      }),
    };
    return line;
  }

  #logKey(): NoteKey {
    return noteKey(this.#deps.log.origin, this.#deps.signers().log.publicKey);
  }

  #offer(checkpoint: Checkpoint): void {
    if (!this.#stopped.signal.aborted) for (const { client } of this.#lines) client.offer(checkpoint);
  }

  /** False when it should be tried again later. */
  async #ask(line: Line, checkpoint: Checkpoint, signal: AbortSignal): Promise<boolean> {
    const { log, fetch, signers } = this.#deps;
    const { key } = line;
    const registration = () => formatRegistration(log.origin, signers().log.publicKey, signers().node);
    const asked: Asked = { fetch, url: line.config.url, key, proofs: log.proofs, registration, signal };
    const outcome = await ask(asked, checkpoint, line.size);
    if (this.#stopped.signal.aborted) return false;
    try {
      if (outcome.kind === 'cosigned') {
        await this.#book.add(checkpoint, key, outcome.line);
        await this.#history.add(checkpoint.size, { witness: line.config.name, time: outcome.time });
        if (checkpoint.size >= line.size) [line.size, line.time] = [checkpoint.size, outcome.time];
        line.problem = null;
      } else if (outcome.kind === 'failed') {
        line.problem = outcome.problem;
      } else {
        line.problem = await this.#contradicted(asked, checkpoint, outcome.size);
      }
    } catch (error) {
      line.problem = `its cosignature could not be kept: ${(error as Error).message}`;
    }
    this.#deps.changed();
    return line.problem === null;
  }

  /** What the owner is told, or null when there is nothing wrong. */
  async #contradicted(asked: Asked, checkpoint: Checkpoint, size: number | undefined): Promise<string | null> {
    const { log } = this.#deps;
    // It cosigned a later checkpoint meanwhile, which this log has.
    if (size !== undefined && size > checkpoint.size && size <= log.size) return null;
    const held = await heldByWitness(asked, this.#logKey());
    if (held && !(await isOf(log, held))) {
      await this.#book.accuse(held);
      this.#deps.rolledBack(held);
    }
    const saw =
      size === undefined ? 'another history of this log' : `a log of ${size} entries that this one does not continue`;
    return `says that it saw ${saw}`;
  }
}

const isOf = async (log: AuditLog, { size, root }: Checkpoint): Promise<boolean> =>
  size <= log.size && (await log.proofs.rootAt(size)) === root;
