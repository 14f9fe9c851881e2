import * as Comlink from 'comlink';
import { LIMITS } from '../../protocol/limits';
import type { HostApi } from '../../protocol/messages';
import { NodeError } from '../errors';

/** Resolves when whoever holds the lock is gone: a closed tab never says goodbye, but its Web Lock is freed. */
export type WatchLock = (lock: string) => Promise<void>;

export const watchWebLock: WatchLock = (lock) => navigator.locks.request(lock, () => undefined);

interface Lender {
  host: Comlink.Remote<HostApi>;
  gone: Promise<never>;
}

class HostGone extends Error {}

/** For calls that a tab answers by itself, without its person. */
interface Prompt {
  /** Aborted when what a tab lent is of no use: others are asked before it from then on. */
  lost: AbortSignal;
}

/** Calls `then` after `ms`, unless the returned function is called before. */
type After = (ms: number, then: () => void) => () => void;

const realAfter: After = (ms, then) => {
  const timer = setTimeout(then, ms);
  return () => clearTimeout(timer);
};

/**
 * The tabs that lend the node what only a window can do. One is used at a time; when it closes in the middle of a call,
 * the call is made again on another. Every call must therefore be safe to repeat. A tab may also be open and stand still.
 */
export class HostPool {
  readonly #lenders = new Set<Lender>();
  #waiting: (() => void)[] = [];
  readonly #came: (() => void)[] = [];
  readonly #watch: WatchLock;
  readonly #changed: () => void;
  readonly #after: After;

  constructor(watch: WatchLock, changed: () => void, after = realAfter) {
    this.#watch = watch;
    this.#changed = changed;
    this.#after = after;
  }

  get size(): number {
    return this.#lenders.size;
  }

  add(port: MessagePort, lock: string): void {
    const gone = this.#watch(lock).then(() => {
      this.#lenders.delete(lender);
      port.close();
      this.#changed();
      throw new HostGone();
    });
    gone.catch(() => undefined);
    const lender: Lender = { host: Comlink.wrap<HostApi>(port), gone };
    this.#lenders.add(lender);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
    for (const listener of this.#came) listener();
    this.#changed();
  }

  /** Told of every tab that comes. */
  onCame(listener: () => void): void {
    this.#came.push(listener);
  }

  /**
   * Runs `call` on a tab, on the next one when that tab goes away meanwhile; with `prompt`, also when it is silent for
   * `LIMITS.skillHelloMs` while there is another.
   * @throws NodeError `no_host` when no tab turned up in time, or whatever `call` throws.
   */
  use<R>(call: (host: Comlink.Remote<HostApi>) => Promise<R>, prompt?: Prompt): Promise<R> {
    return this.#use(({ host }) => call(host), prompt);
  }

  /** As {@link use}, for what lasts as long as the tab: `gone` resolves when that has closed. */
  borrow<R>(call: (host: Comlink.Remote<HostApi>) => Promise<R>): Promise<{ lent: R; gone: Promise<void> }> {
    return this.#use(async ({ host, gone }) => ({ lent: await call(host), gone: gone.catch(() => undefined) }));
  }

  async #use<R>(call: (lender: Lender) => Promise<R>, prompt?: Prompt): Promise<R> {
    for (let asked = 1; ; asked++) {
      const lender = await this.#next();
      const last = () => {
        if (this.#lenders.delete(lender)) this.#lenders.add(lender);
      };
      prompt?.lost.addEventListener('abort', last, { once: true });
      // Whoever is asked when all the others were silent has all the time there is.
      const isBounded = prompt && asked < this.#lenders.size;
      let stop: (() => void) | undefined;
      const silent = new Promise<never>((_, reject) => {
        if (isBounded) stop = this.#after(LIMITS.skillHelloMs, () => reject(new HostGone()));
      });
      try {
        return await Promise.race([call(lender), lender.gone, silent]);
      } catch (error) {
        if (!(error instanceof HostGone)) throw error;
        last();
      } finally {
        stop?.();
      }
    }
  }

  async #next(): Promise<Lender> {
    const deadline = AbortSignal.timeout(LIMITS.hostCallMs);
    for (;;) {
      const [lender] = this.#lenders;
      if (lender) return lender;
      if (deadline.aborted) {
        throw new NodeError('no_host', 'No open tab can do this for the node.', {
          advice: 'Open the app in a tab and try again.',
        });
      }
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        deadline.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }
}
