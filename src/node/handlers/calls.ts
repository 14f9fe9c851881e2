/** What the owner asks for under a name of his choice: he hears by it how far it is, and can stop it. */
import { LIMITS } from '../../protocol/limits';
import type { NodeEvent } from '../../protocol/messages';
import { NodeError } from '../errors';
import { Paced } from '../paced';
import type { Schedule } from '../supervisor';

export type CallEvent = Extract<NodeEvent, { type: 'skill_run' | 'content' }>;
export type Tell = (phase: CallEvent['phase'], permille?: number, note?: string) => void;

export interface CallParts {
  schedule: Schedule;
  tell: (event: NodeEvent) => void;
}

export class NamedCalls {
  readonly #parts: CallParts;
  readonly #type: CallEvent['type'];
  readonly #named = new Map<string, AbortController>();

  constructor(type: CallEvent['type'], parts: CallParts) {
    this.#type = type;
    this.#parts = parts;
  }

  /** Whether there was one of that name under way. */
  stop(call: string): boolean {
    const stopping = this.#named.get(call);
    stopping?.abort();
    return stopping !== undefined;
  }

  /** Without a name it is neither told of nor stopped. @throws NodeError `bad_request` for a name in use */
  async during<T>(call: string | undefined, work: (tell: Tell, signal?: AbortSignal) => Promise<T>): Promise<T> {
    if (call === undefined) return work(() => undefined);
    if (this.#named.has(call)) throw new NodeError('bad_request', 'A call of that name is under way.');
    const stopping = new AbortController();
    this.#named.set(call, stopping);
    const paced = new Paced<CallEvent>(this.#parts.schedule, LIMITS.skillProgressMs, this.#parts.tell);
    try {
      return await work(
        (phase, permille = 0, note = '') => paced.say({ type: this.#type, call, phase, permille, note }),
        stopping.signal,
      );
    } finally {
      paced.end();
      this.#named.delete(call);
    }
  }
}
