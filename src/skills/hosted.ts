import { LIMITS } from '../protocol/limits';
import { checkRequest } from './limits';
import { cancelled, overloaded } from './pool';
import { effectiveGas } from './price';
import { realTimers, type RunEvents, type Timers } from './thread';
import { SkillError, type RunOptions, type SkillOutcome, type SkillRequest, type SkillRunner } from './types';
import { parseToNode, toWire, type ToNode, type ToSupervisor } from './wire';
import { World } from './world';

/** Resolves once whoever holds the lock is gone; rejects on `signal`. */
export type WatchLock = (lock: string, signal: AbortSignal) => Promise<unknown>;

export interface HostedOptions {
  watchLock?: WatchLock;
  timers?: Timers;
}

const watchWebLock: WatchLock = (lock, signal) => navigator.locks.request(lock, { signal }, () => undefined);

type Connect = (lost: AbortSignal) => Promise<MessagePort>;

/** The supervisor went away, or never spoke. */
class HostLost extends Error {}

/**
 * Runs skills under a tab's supervisor. `connect` asks a tab for a port to one; when that supervisor is lost (its tab
 * closed) its runs are made again under another, which is safe because a run has no effect but its result. `lost` is aborted
 * when the port that was given is of no use: its supervisor never spoke, or is gone.
 *
 * `run` throws SkillError `no_host` when no tab lends one, and what the supervisor refused.
 */
export function createHostedRunner(
  connect: Connect,
  { watchLock = watchWebLock, timers = realTimers }: HostedOptions = {},
): SkillRunner & { dispose(): void } {
  let current: Promise<Link> | undefined;
  let disposed = false;

  const link = (): Promise<Link> => {
    if (current) return current;
    const lost = new AbortController();
    const forget = () => {
      lost.abort();
      if (current === opening) current = undefined;
    };
    const opening = openLink(() => connect(lost.signal), { watchLock, timers, onLost: forget });
    opening.catch(forget);
    current = opening;
    return opening;
  };

  return {
    run: async (request, options = {}) => {
      const { signal, host } = options;
      checkRequest(request);
      effectiveGas(request);
      const world = new World(request.calls ? undefined : host, signal, timers);
      for (let tries = 0; tries <= LIMITS.skillRehomes; tries++) {
        if (disposed || signal?.aborted) throw cancelled();
        try {
          const opened = await orAborted(link(), signal);
          return await opened.run(request, options, world.attached ? world.attempt() : undefined);
        } catch (error) {
          if (!(error instanceof HostLost)) throw error;
        }
      }
      return { kind: 'host_fault', reason: 'worker_lost', message: 'every tab it was tried in was lost', ms: 0 };
    },
    dispose: () => {
      disposed = true;
      void current?.then(
        (opened) => opened.close(),
        () => undefined,
      );
      current = undefined;
    },
  };
}

interface LinkOptions extends Required<HostedOptions> {
  /** Called in the same turn in which the link's runs are rejected. */
  onLost: () => void;
}

/** @throws SkillError `no_host`, or HostLost when the supervisor says nothing. */
async function openLink(connect: () => Promise<MessagePort>, options: LinkOptions): Promise<Link> {
  let port: MessagePort;
  try {
    port = await within(connect(), LIMITS.hostCallMs, options.timers);
  } catch (cause) {
    throw new SkillError('no_host', 'No open tab can run skills.', {
      advice: 'Open the app in a tab and try again.',
      cause,
    });
  }
  try {
    return await within(greet(port, options), LIMITS.skillHelloMs, options.timers);
  } catch (error) {
    port.close();
    throw error;
  }
}

function greet(port: MessagePort, options: LinkOptions): Promise<Link> {
  return new Promise((resolve) => {
    port.onmessage = ({ data }: MessageEvent<unknown>) => {
      const hello = parseToNode(data);
      if (hello?.type === 'hello') resolve(new Link(port, hello.lock, options));
    };
  });
}

interface Call {
  resolve: (outcome: SkillOutcome) => void;
  reject: (error: Error) => void;
  onProgress: RunOptions['onProgress'];
  ask: RunEvents['call'] | undefined;
}

/** A port to one supervisor that has said hello. */
class Link {
  readonly #port: MessagePort;
  readonly #calls = new Map<number, Call>();
  readonly #closing = new AbortController();
  readonly #onLost: () => void;
  #nextId = 0;

  constructor(port: MessagePort, lock: string, { watchLock, onLost }: LinkOptions) {
    this.#port = port;
    this.#onLost = onLost;
    port.onmessage = ({ data }: MessageEvent<unknown>) => this.#hear(data);
    watchLock(lock, this.#closing.signal).then(
      () => this.#fail(new HostLost('the tab that ran the skill was closed')),
      () => this.#fail(cancelled()),
    );
  }

  /** @param ask answers calls of the world, where there is one */
  run(request: SkillRequest, options: RunOptions, ask: RunEvents['call'] | undefined): Promise<SkillOutcome> {
    if (this.#closing.signal.aborted) return Promise.reject(new HostLost());
    if (this.#calls.size >= LIMITS.skillQueue) return Promise.reject(overloaded());
    const { signal, onProgress, principal = '' } = options;
    const id = this.#nextId++;
    const outcome = new Promise<SkillOutcome>((resolve, reject) =>
      this.#calls.set(id, { resolve, reject, onProgress, ask }),
    );
    this.#post({ type: 'run', id, request: toWire(request), principal, world: ask !== undefined });
    return orAborted(outcome, signal).finally(() => {
      if (this.#calls.delete(id)) this.#post({ type: 'cancel', id });
    });
  }

  close(): void {
    this.#closing.abort();
  }

  #post(message: ToSupervisor): void {
    this.#port.postMessage(message);
  }

  #hear(data: unknown): void {
    const message = parseToNode(data);
    if (!message || message.type === 'hello') return;
    const call = this.#calls.get(message.id);
    if (!call) return; // Cancelled meanwhile.
    if (message.type === 'progress') return call.onProgress?.(message.permille, message.note);
    if (message.type === 'call') return this.#answer(message, call);
    this.#calls.delete(message.id);
    if (message.type === 'outcome') call.resolve(message.outcome);
    else {
      const { code, message: text, advice, details } = message.error;
      call.reject(
        new SkillError(code, text, {
          ...(advice === undefined ? {} : { advice }),
          ...(details === undefined ? {} : { details }),
        }),
      );
    }
  }

  #answer({ id, call, name, request }: Extract<ToNode, { type: 'call' }>, { ask }: Call): void {
    void ask?.(name, request).then((answer) => {
      if (this.#calls.has(id)) this.#post({ type: 'answer', id, call, answer });
    });
  }

  #fail(error: Error): void {
    this.#closing.abort();
    this.#port.close();
    this.#onLost();
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
  }
}

/** @throws HostLost when `task` takes longer than `ms` */
function within<T>(task: Promise<T>, ms: number, timers: Timers): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = timers.after(ms, () => reject(new HostLost(`no answer within ${ms} ms`)));
    task.finally(stop).then(resolve, reject);
  });
}

function orAborted<T>(task: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return task;
  return new Promise((resolve, reject) => {
    const abort = () => reject(cancelled());
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    task.finally(() => signal.removeEventListener('abort', abort)).then(resolve, reject);
  });
}
