import { LIMITS } from '../protocol/limits';
import { SovereignError, toWireError, type WireError } from '../protocol/errors';
import type { Halt, NodeEvent, NodeStatus, RequestName, WireRequest, WireResponse } from '../protocol/messages';
import type { IdentityService } from '../identity';
import type { MeshStream } from '../mesh';
import type { Storage } from '../storage';
import { bootIdentity } from './boot/identity';
import { bootRunning, type BootContext } from './boot/running';
import { lendStorage, openStore } from './boot/store';
import { createDispatcher, type Handlers } from './dispatch';
import { NodeError } from './errors';
import { Events } from './events';
import { isWriterLost, NeedsBoot, SUBSYSTEM_OF } from './faults';
import { createHandlers } from './handlers';
import { HaltError } from './halts';
import { admit } from './phases';
import { isPristine } from './pristine';
import { RestartNotes } from './restart-notes';
import type { Running } from './running';
import { readStatus } from './status';
import { Supervisor, type Schedule } from './supervisor';
import type { NodeOptions, SovereignNode } from './types';

const systemSchedule: Schedule = (task, ms) => {
  const timer = setTimeout(task, ms);
  return () => clearTimeout(timer);
};

/** A node over its realm's adapters: no worker, no window, so that a test can hold one. */
export function createNode(options: NodeOptions): SovereignNode {
  return new Machine(options);
}

/**
 * The node's life: booting → locked | halted | ready, and reload_needed when another version takes over. Every boot is a
 * recovery; the way to any phase is to let go of everything and boot again.
 */
export class Machine implements SovereignNode {
  readonly options: NodeOptions;
  readonly events = new Events();
  readonly startedAt: number;
  readonly schedule: Schedule;
  phase: NodeStatus['phase'] = 'booting';
  halt: Halt | undefined;
  tabs = 0;
  supervisor: Supervisor;
  readonly #storage = lendStorage(() => this.supervisor.get('storage') as Storage);
  /** Outlives the log it is written to, and every boot. */
  readonly #restarts = new RestartNotes(() => this.running().log);
  #running: Running | undefined;
  readonly #handlers: Handlers;
  readonly #own: (request: WireRequest) => Promise<WireResponse>;

  constructor(options: NodeOptions) {
    this.options = options;
    this.startedAt = options.clock.now();
    this.schedule = options.schedule ?? systemSchedule;
    this.supervisor = this.#newSupervisor();
    this.#handlers = createHandlers(this);
    this.#own = this.session();
  }

  async start(): Promise<void> {
    await this.boot();
  }

  session(): (request: WireRequest) => Promise<WireResponse> {
    return this.sessionWith((name) => this.#handlers[name]);
  }

  /** The handlers as they are for somebody else: what they do goes through what he is lent. */
  handlersWith(running: () => Running): Handlers {
    return createHandlers(this, running);
  }

  /** A caller for whom these handlers answer. */
  sessionWith(handlers: (name: RequestName) => Handlers[RequestName]): (request: WireRequest) => Promise<WireResponse> {
    return createDispatcher(
      (name: RequestName) => {
        admit(name, this.phase, this.halt?.message);
        return handlers(name);
      },
      (name, error) => this.#crashed(name, error),
    );
  }

  request(request: WireRequest): Promise<WireResponse> {
    return this.#own(request);
  }

  putBlob(bytes: Uint8Array): Promise<{ Ok: string } | { Error: WireError }> {
    return this.#answer(async () => {
      if (!(bytes instanceof Uint8Array)) throw new NodeError('bad_request', 'A blob is bytes.');
      if (bytes.length > LIMITS.datasetBytes) {
        throw new NodeError(
          'bad_request',
          `${bytes.length} bytes are more than the ${LIMITS.datasetBytes} this node takes.`,
          {
            advice: 'Use a smaller file.',
          },
        );
      }
      return this.running().storage.blobs.put(bytes);
    });
  }

  getBlob(sha256: string): Promise<{ Ok: Uint8Array } | { Error: WireError }> {
    return this.#answer(async () => {
      const bytes = /^[0-9a-f]{64}$/.test(sha256) ? await this.running().storage.blobs.get(sha256) : undefined;
      if (!bytes) throw new NodeError('not_found', 'This node does not hold those bytes.');
      return bytes;
    });
  }

  async control(peer: string): Promise<MeshStream> {
    return (await this.running().mesh.get()).open.talk.control(peer);
  }

  subscribe(listener: (event: NodeEvent) => void): () => void {
    return this.events.subscribe(listener);
  }

  hostsChanged(count: number): void {
    this.tabs = count;
    this.events.emit({ type: 'status' });
  }

  giveUp(): void {
    this.#running = undefined;
    this.#setPhase('reload_needed');
    void this.supervisor.stop();
  }

  async stop(): Promise<void> {
    this.#running = undefined;
    await this.supervisor.stop();
  }

  /** @throws NodeError while the node is not ready. */
  running(): Running {
    if (this.#running) return this.#running;
    admit('ListSkills', this.phase, this.halt?.message);
    throw new NodeError('not_ready', 'The node is still starting.', { advice: 'Try again in a moment.' });
  }

  /** @throws NodeError `subsystem_down` */
  service(): IdentityService {
    return this.supervisor.get('identity') as IdentityService;
  }

  /** Always the store that is open now; its calls throw NodeError `subsystem_down` while there is none. */
  storage(): Storage {
    return this.#storage;
  }

  status(): Promise<NodeStatus> {
    return readStatus(this, this.#running);
  }

  /** Lets go of everything and starts again. Never rejects: a boot that fails is a halt. */
  async boot(note?: BootContext['note']): Promise<void> {
    this.#running = undefined;
    this.#setPhase('booting');
    await this.supervisor.stop();
    this.supervisor = this.#newSupervisor();
    try {
      await this.#boot(note);
    } catch (error) {
      this.#halted(error);
    }
  }

  /** Deletes everything in this realm and starts as on the first day. */
  async erase(): Promise<void> {
    this.#running = undefined;
    this.#setPhase('booting');
    await this.supervisor.stop();
    await this.options.erase();
    await this.boot();
  }

  /** Makes room for an identity that comes back, but only over a node that has done nothing yet. */
  async clearIfPristine(): Promise<void> {
    if (this.phase !== 'ready') return;
    if (!(await isPristine(this.running().log))) return;
    this.#running = undefined;
    await this.supervisor.stop();
    await this.options.erase();
    this.supervisor = this.#newSupervisor();
    await openStore(this.supervisor, this.options, this.#storage);
  }

  /** Goes on from `locked`: the store is open and the identity service holds the root now. */
  async unlocked(): Promise<void> {
    this.#setPhase('booting');
    try {
      await this.#bootWith();
    } catch (error) {
      this.#halted(error);
    }
  }

  async #boot(note: BootContext['note']): Promise<void> {
    await openStore(this.supervisor, this.options, this.#storage);
    await this.#bootWith(note);
  }

  async #bootWith(note?: BootContext['note']): Promise<void> {
    const storage = this.#storage;
    const identity = await bootIdentity(this.service(), storage);
    if (!identity) return this.#setPhase('locked');
    const running = await bootRunning({ machine: this, storage, note });
    // Another writer may have taken over meanwhile.
    if (this.phase !== 'booting') return;
    this.#running = running;
    this.#setPhase('ready');
    void this.#restarts.flush();
  }

  /** What no restart of a part mends: another writer, a store that does not hold together, or keys to be unlocked. */
  #ended(error: unknown): void {
    if (error instanceof NeedsBoot) return void this.boot();
    this.#running = undefined;
    // The store stays: a halted node hands out its raw log, and can be restored.
    void this.supervisor.stop(['storage', 'identity']);
    this.#halted(error);
  }

  #halted(error: unknown): void {
    if (this.phase === 'reload_needed') return;
    if (isWriterLost(error)) return this.giveUp();
    const reason = error instanceof HaltError ? error : new HaltError('storage_unavailable', describe(error), error);
    this.halt = reason.halt;
    this.#setPhase('halted');
  }

  #crashed(name: RequestName, error: unknown): void {
    console.error(`request ${name} failed`, error);
    const subsystem = SUBSYSTEM_OF[name];
    if (subsystem) this.supervisor.fail(subsystem, error);
  }

  async #answer<T>(task: () => Promise<T>): Promise<{ Ok: T } | { Error: WireError }> {
    try {
      return { Ok: await task() };
    } catch (error) {
      return { Error: toWireError(error) };
    }
  }

  #setPhase(phase: NodeStatus['phase']): void {
    if (phase !== 'halted') this.halt = undefined;
    this.phase = phase;
    this.events.emit({ type: 'status' });
  }

  #newSupervisor(): Supervisor {
    return new Supervisor(this.options.clock, this.schedule, {
      changed: () => this.events.emit({ type: 'status' }),
      failed: (name, error) => console.error(`subsystem ${name} failed`, error),
      restarted: (note) => {
        this.#restarts.add(note);
        // Nobody heard of what changed while it was down.
        this.events.emit({ type: 'resync' });
      },
      ended: (error) => this.#ended(error),
    });
  }
}

const describe = (error: unknown): string =>
  error instanceof SovereignError || error instanceof Error ? error.message : String(error);
