import { converse } from './conversation';
import type { ToWindow } from './lend';
import type { Thread } from './thread';

/** Asks the window that made this supervisor. */
type Ask = (message: ToWindow, transfer?: Transferable[]) => void;

/**
 * Dedicated workers, started by the window, as {@link Thread}s. Each takes the Web Lock of its name before it runs
 * anything, and the browser frees that when the worker's thread has really stopped, which for a spinning one can be
 * seconds after `terminate()`: so getting the lock is the proof that it is gone.
 */
export class WebThreads {
  readonly #prefix: string;
  readonly #ask: Ask;
  readonly #losers = new Map<string, (error: Error) => void>();
  #spawned = 0;

  /** @param prefix of the workers' names, which no other supervisor has */
  constructor(prefix: string, ask: Ask) {
    this.#prefix = prefix;
    this.#ask = ask;
  }

  /** The window says that a worker could not be started or has failed. */
  lose(name: string, message: string): void {
    this.#losers.get(name)?.(new Error(message));
  }

  spawn(): Thread {
    const name = `${this.#prefix}-${this.#spawned++}`;
    const { port1: port, port2 } = new MessageChannel();
    const lost = new Promise<never>((_, reject) => this.#losers.set(name, reject));
    lost.catch(() => undefined);
    this.#ask({ type: 'spawn', name }, [port2]);
    return {
      run: (job, events) => {
        const { outcome, hear, fail } = converse(job, events, (assignment) => port.postMessage(assignment));
        port.onmessage = ({ data }: MessageEvent<unknown>) => hear(data);
        port.onmessageerror = () => fail(new Error('the skill’s worker said something unreadable'));
        return Promise.race([outcome, lost]);
      },
      end: async () => {
        this.#losers.delete(name);
        port.close();
        this.#ask({ type: 'end', name });
        await navigator.locks.request(name, () => undefined);
      },
    };
  }
}
