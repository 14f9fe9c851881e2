import { toWireError } from '../protocol/errors';
import { SkillError, type SkillHost, type SkillRunner } from './types';
import { owned, parseToSupervisor, type Answer, type ToNode } from './wire';

/**
 * A supervisor's side of the port: runs what the node asks for. `lock` names the Web Lock that the caller holds already.
 * The returned function cancels what is under way, for when the node is gone.
 */
export function serveSkills(port: MessagePort, runner: SkillRunner, lock: string): () => void {
  const underWay = new Map<number, Run>();
  const post = (message: ToNode, transfer: Transferable[] = []) => port.postMessage(message, transfer);
  port.onmessage = ({ data }: MessageEvent<unknown>) => {
    const message = parseToSupervisor(data);
    // Only this product's node has the other end, so there is nobody to answer a stray message.
    if (!message) return;
    const { id } = message;
    if (message.type === 'cancel') return underWay.get(id)?.stop.abort();
    if (message.type === 'answer') return underWay.get(id)?.hear(message.call, message.answer);
    const run = new Run(id, post);
    underWay.set(id, run);
    const { request, principal, world } = message;
    void runner
      .run(request, {
        signal: run.stop.signal,
        principal,
        onProgress: (permille, note) => post({ type: 'progress', id, permille, note }),
        ...(world ? { host: run } : {}),
      })
      .then(
        (outcome) => {
          const transfer = outcome.kind === 'ok' ? [outcome.output.buffer as ArrayBuffer] : [];
          post({ type: 'outcome', id, outcome } as ToNode, transfer);
        },
        (error: unknown) => post({ type: 'refused', id, error: refusal(error) } as ToNode),
      )
      .finally(() => underWay.delete(id));
  };
  post({ type: 'hello', lock });
  return () => {
    for (const { stop } of underWay.values()) stop.abort();
    port.close();
  };
}

/** A run under way, and its way to the node's world. */
class Run implements SkillHost {
  readonly stop = new AbortController();
  readonly #id: number;
  readonly #post: (message: ToNode) => void;
  readonly #asked = new Map<number, (answer: Answer) => void>();
  #calls = 0;

  constructor(id: number, post: (message: ToNode) => void) {
    this.#id = id;
    this.#post = post;
  }

  async call(name: string, request: Uint8Array): Promise<Uint8Array> {
    const call = this.#calls++;
    const answered = new Promise<Answer>((resolve) => this.#asked.set(call, resolve));
    this.#post({ type: 'call', id: this.#id, call, name, request: owned(request) });
    const answer = await answered;
    if ('error' in answer) throw new Error(answer.error);
    return answer.response;
  }

  hear(call: number, answer: Answer): void {
    this.#asked.get(call)?.(answer);
    this.#asked.delete(call);
  }
}

/** Anything but a SkillError is a fault of ours, told by its message alone. */
function refusal(error: unknown) {
  const wire = toWireError(error);
  return error instanceof SkillError ? wire : { code: 'host_fault', message: wire.message };
}
