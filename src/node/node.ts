import { LIMITS } from '../protocol/limits';
import { SovereignError, toWireError, type WireError } from '../protocol/errors';
import type { Halt, NodeEvent, NodeStatus, RequestName, WireRequest, WireResponse } from '../protocol/messages';
import { createIdentityService, type IdentityService } from '../identity';
import { StorageError, type Storage } from '../storage';
import { bootIdentity } from './boot/identity';
import { bootRunning, type BootContext } from './boot/running';
import { createDispatcher, type Handlers } from './dispatch';
import { NodeError } from './errors';
import { Events } from './events';
import { createHandlers } from './handlers';
import { HaltError } from './halts';
import { admit } from './phases';
import { isPristine } from './pristine';
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
  phase: NodeStatus['phase'] = 'booting';
  halt: Halt | undefined;
  tabs = 0;
  supervisor: Supervisor;
  #running: Running | undefined;
  #service: IdentityService | undefined;
  #storage: Storage | undefined;
  readonly #handlers: Handlers;
  readonly #own: (request: WireRequest) => Promise<WireResponse>;

  constructor(options: NodeOptions) {
    this.options = options;
    this.startedAt = options.clock.now();
    this.supervisor = this.#newSupervisor();
    this.#handlers = createHandlers(this);
    this.#own = this.session();
  }

  async start(): Promise<void> {
    await this.boot();
  }

  session(): (request: WireRequest) => Promise<WireResponse> {
    return createDispatcher(
      (name: RequestName) => {
        admit(name, this.phase, this.halt?.message);
        return this.#handlers[name];
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
    void this.supervisor.stop().catch(() => undefined);
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

  service(): IdentityService {
    if (!this.#service) throw new NodeError('not_ready', 'The identity is not loaded.', { advice: 'Try again.' });
    return this.#service;
  }

  storage(): Storage {
    if (!this.#storage) throw new NodeError('not_ready', 'The store is not open.', { advice: 'Try again.' });
    return this.#storage;
  }

  status(): Promise<NodeStatus> {
    return readStatus(this, this.#running, this.#service?.identity?.public.nodeId);
  }

  /** Lets go of everything and starts again. Never rejects: a boot that fails is a halt. */
  async boot(note?: BootContext['note']): Promise<void> {
    this.#running = undefined;
    this.#setPhase('booting');
    await this.supervisor.stop().catch(() => undefined);
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
    await this.supervisor.stop().catch(() => undefined);
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
    await this.#openStore();
  }

  /** Goes on from `locked`: the store is open and the identity service holds the root now. */
  async unlocked(): Promise<void> {
    this.#setPhase('booting');
    try {
      await this.#bootWith(this.storage(), this.service());
    } catch (error) {
      this.#halted(error);
    }
  }

  async #boot(note: BootContext['note']): Promise<void> {
    const { storage, service } = await this.#openStore();
    await this.#bootWith(storage, service, note);
  }

  async #bootWith(storage: Storage, service: IdentityService, note?: BootContext['note']): Promise<void> {
    const identity = await bootIdentity(service, storage);
    if (!identity) return this.#setPhase('locked');
    this.#running = await bootRunning({ machine: this, storage, identity, note });
    this.#setPhase('ready');
  }

  async #openStore(): Promise<{ storage: Storage; service: IdentityService }> {
    const { clock, random, deviceKey, traits, passkey } = this.options;
    this.#storage = await this.supervisor.add({
      name: 'storage',
      needs: [],
      start: async () => {
        const storage = await this.options.openStorage();
        await storage.claimWriter();
        return storage;
      },
      stop: (storage) => storage.close(),
    });
    const { records } = this.#storage;
    this.#service = await this.supervisor.add({
      name: 'identity',
      needs: ['storage'],
      start: () =>
        Promise.resolve(
          createIdentityService({ records, clock, random, deviceKey, traits, ...(passkey ? { passkey } : {}) }),
        ),
    });
    return { storage: this.#storage, service: this.#service };
  }

  #halted(error: unknown): void {
    if (error instanceof StorageError && error.code === 'writer_lost') return this.giveUp();
    const reason = error instanceof HaltError ? error : new HaltError('storage_unavailable', describe(error), error);
    this.halt = reason.halt;
    this.#setPhase('halted');
  }

  #crashed(name: RequestName, error: unknown): void {
    console.error(`request ${name} failed`, error);
  }

  async #answer<T>(task: () => Promise<T>): Promise<{ Ok: T } | { Error: WireError }> {
    try {
      return { Ok: await task() };
    } catch (error) {
      if (error instanceof StorageError && error.code === 'writer_lost') this.giveUp();
      return { Error: toWireError(error) };
    }
  }

  #setPhase(phase: NodeStatus['phase']): void {
    if (phase !== 'halted') this.halt = undefined;
    this.phase = phase;
    this.events.emit({ type: 'status' });
  }

  #newSupervisor(): Supervisor {
    return new Supervisor(this.options.clock, this.options.schedule ?? systemSchedule, () =>
      this.events.emit({ type: 'status' }),
    );
  }
}

const describe = (error: unknown): string =>
  error instanceof SovereignError || error instanceof Error ? error.message : String(error);
