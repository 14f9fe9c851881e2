import { LIMITS } from '../protocol/limits';
import { checkRequest } from './local';
import { overloaded } from './pool';
import { realTimers, type Timers } from './thread';
import { SkillError, type SkillOutcome, type SkillRequest, type SkillRunner } from './types';
import { parseToNode, type ToSupervisor } from './wire';

/** Resolves once whoever holds the lock is gone; rejects on `signal`. */
export type WatchLock = (lock: string, signal: AbortSignal) => Promise<unknown>;

export interface HostedOptions {
  watchLock?: WatchLock;
  timers?: Timers;
}

const watchWebLock: WatchLock = (lock, signal) => navigator.locks.request(lock, { signal }, () => undefined);

/** The supervisor went away, or never spoke. */
class HostLost extends Error {}

/**
 * Runs skills under a tab's supervisor. `connect` asks a tab for a port to one; when that supervisor is lost (its tab
 * closed) its runs are made again under another, which is safe because a run has no effect but its result.
 *
 * `run` throws SkillError `no_host` when no tab lends one, and what the supervisor refused.
 */
export function createHostedRunner(
  connect: () => Promise<MessagePort>,
  { watchLock = watchWebLock, timers = realTimers }: HostedOptions = {},
): SkillRunner & { dispose(): void } {
  let current: Promise<Link> | undefined;
  let disposed = false;

  const link = (): Promise<Link> => {
    if (current) return current;
    const forget = () => {
      if (current === opening) current = undefined;
    };
    const opening = openLink(connect, { watchLock, timers, onLost: forget });
    opening.catch(forget);
    current = opening;
    return opening;
  };

  return {
    run: async (request, signal) => {
      checkRequest(request);
      for (let tries = 0; tries <= LIMITS.skillRehomes; tries++) {
        if (disposed || signal?.aborted) throw cancelled();
        try {
          const opened = await orAborted(link(), signal);
          return await opened.run(request, signal);
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

  run(request: SkillRequest, signal?: AbortSignal): Promise<SkillOutcome> {
    if (this.#closing.signal.aborted) return Promise.reject(new HostLost());
    if (this.#calls.size >= LIMITS.skillQueue) return Promise.reject(overloaded());
    const id = this.#nextId++;
    const { moduleSha256, module, input, limits, grants } = request;
    const run = { moduleSha256, module: owned(module), input: owned(input), limits, grants: [...grants] };
    const outcome = new Promise<SkillOutcome>((resolve, reject) => this.#calls.set(id, { resolve, reject }));
    this.#post({ type: 'run', id, request: run });
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

  #fail(error: Error): void {
    this.#closing.abort();
    this.#port.close();
    this.#onLost();
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
  }
}

/** Cloning a view clones the whole buffer below it, which may be far larger than the view. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength;
  return whole ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice();
}

const cancelled = () => new SkillError('cancelled', 'The skill’s run was stopped.');

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
