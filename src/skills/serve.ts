import { toWireError } from '../protocol/errors';
import { SkillError, type SkillRunner } from './types';
import { parseToSupervisor, type ToNode } from './wire';

/**
 * A supervisor's side of the port: runs what the node asks for. `lock` names the Web Lock that the caller holds already.
 * The returned function cancels what is under way, for when the node is gone.
 */
export function serveSkills(port: MessagePort, runner: SkillRunner, lock: string): () => void {
  const underWay = new Map<number, AbortController>();
  const post = (message: ToNode, transfer: Transferable[] = []) => port.postMessage(message, transfer);
  port.onmessage = ({ data }: MessageEvent<unknown>) => {
    const message = parseToSupervisor(data);
    // Only this product's node has the other end, so there is nobody to answer a stray message.
    if (!message) return;
    if (message.type === 'cancel') {
      underWay.get(message.id)?.abort();
      return;
    }
    const { id, request } = message;
    const controller = new AbortController();
    underWay.set(id, controller);
    void runner
      .run(request, controller.signal)
      .then(
        (outcome) =>
          post(
            { type: 'outcome', id, outcome } as ToNode,
            outcome.kind === 'ok' ? [outcome.output.buffer as ArrayBuffer] : [],
          ),
        (error: unknown) => post({ type: 'refused', id, error: refusal(error) } as ToNode),
      )
      .finally(() => underWay.delete(id));
  };
  post({ type: 'hello', lock });
  return () => {
    for (const controller of underWay.values()) controller.abort();
    port.close();
  };
}

/** Anything but a SkillError is a fault of ours, told by its message alone. */
function refusal(error: unknown) {
  const wire = toWireError(error);
  return error instanceof SkillError ? wire : { code: 'host_fault', message: wire.message };
}
