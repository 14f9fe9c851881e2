import { LIMITS } from '../protocol/limits';
import { overloaded } from './refusals';
import { GovernanceError } from './types';

/**
 * Keeps signing and changes of keys apart: whatever signs counts as an act while it is under way, and a key changes only
 * while the act that changes it is the only one. After a change nothing is signed until the node has started anew with
 * the new keys.
 */
export class KeyGuard {
  #acts = 0;
  #closed = false;

  /** @throws GovernanceError `keys_changing`, `overloaded` */
  enter(): void {
    if (this.#closed) throw keysChanging();
    if (this.#acts >= LIMITS.kernelInFlight) throw overloaded();
    this.#acts++;
  }

  leave(): void {
    this.#acts--;
  }

  /** One that signs, outside of the kernel. @throws GovernanceError `keys_changing`, `overloaded` */
  async during<T>(task: () => Promise<T>): Promise<T> {
    this.enter();
    try {
      return await task();
    } finally {
      this.leave();
    }
  }

  /**
   * Runs a change of keys from within an act. A task that fails has changed nothing, and signing goes on.
   * @throws GovernanceError `keys_in_use`, `keys_changing`
   */
  async change<T>(task: () => Promise<T>): Promise<T> {
    if (this.#closed) throw keysChanging();
    if (this.#acts > 1) throw keysInUse();
    this.#closed = true;
    try {
      return await task();
    } catch (error) {
      this.#closed = false;
      throw error;
    }
  }
}

const keysChanging = (): GovernanceError =>
  new GovernanceError('keys_changing', 'A key of this node is being changed.', { advice: 'Try again in a moment.' });

const keysInUse = (): GovernanceError =>
  new GovernanceError('keys_in_use', 'Something else is under way that is signed with the keys of this node.', {
    advice: 'Let runs finish or stop them, then ask for the change again.',
  });
