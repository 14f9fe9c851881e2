import type { Connection } from '@libp2p/interface';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { Schedule } from '../schedule';
import { isUnused } from './choice';

/** Connections that are not needed any more, on their way to an end that cuts nobody's stream. */
export class Retirement {
  readonly #schedule: Schedule;
  /** About to be closed, unless a stream comes meanwhile. */
  readonly #retiring = new Set<Connection>();
  readonly #closing = new WeakSet<Connection>();
  #over = false;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  /** Closes none any more. */
  stop(): void {
    this.#over = true;
  }

  /** libp2p calls a connection open until the last of its streams has ended. */
  isClosing(connection: Connection): boolean {
    return this.#closing.has(connection);
  }

  /**
   * Closes a connection: not at once, since the other side may just be opening a stream on it, and not while anybody's
   * stream is on it; it must be retired again then.
   */
  retire(connection: Connection): void {
    if (this.#retiring.has(connection) || this.#closing.has(connection) || !isUnused(connection)) return;
    this.#retiring.add(connection);
    this.#schedule(() => {
      this.#retiring.delete(connection);
      if (this.#over || connection.status !== 'open' || !isUnused(connection)) return;
      this.#closing.add(connection);
      void connection.close().catch(() => connection.abort(new Error('it is not needed any more')));
    }, MESH_LIMITS.retireMs);
  }
}
