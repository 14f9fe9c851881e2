import * as Comlink from 'comlink';
import { fromWireError, type WireError } from '../protocol/errors';
import { decodeResult, encodeRequest } from '../protocol/codec';
import type { CallParams, NodeClient } from '../protocol/client';
import type { NodeApi, NodeEvent, Params, RequestName, Result } from '../protocol/messages';
import { lendHost } from './lend';

/**
 * Connects this tab to the node and lends it what only a window can do. The node is one SharedWorker for all tabs;
 * where there is none, a dedicated worker a tab, of which one leads.
 */
export function connectNode(): NodeClient {
  return new WorkerClient(...openWorker());
}

function openWorker(): [Comlink.Endpoint, AbstractWorker] {
  if ('SharedWorker' in globalThis) {
    const worker = new SharedWorker(new URL('../../workers/node.shared.ts', import.meta.url), {
      type: 'module',
      name: 'sovereign-node',
    });
    return [worker.port, worker];
  }
  const worker = new Worker(new URL('../../workers/node.dedicated.ts', import.meta.url), {
    type: 'module',
    name: 'sovereign-node',
  });
  return [worker, worker];
}

class WorkerClient implements NodeClient {
  readonly #api: Comlink.Remote<NodeApi>;
  readonly #listeners = new Set<(event: NodeEvent) => void>();
  readonly #connection = new Set<(connected: boolean) => void>();
  #connected = false;

  constructor(endpoint: Comlink.Endpoint, worker: AbstractWorker) {
    this.#api = Comlink.wrap<NodeApi>(endpoint);
    worker.onerror = () => this.#setConnected(false);
    void this.#api.subscribe(
      Comlink.proxy((event: NodeEvent) => {
        this.#setConnected(true);
        for (const listener of this.#listeners) listener(event);
      }),
    );
    void lendHost((port, lock) => this.#api.attachHost(Comlink.transfer(port, [port]), lock));
  }

  get connected(): boolean {
    return this.#connected;
  }

  onConnection(listener: (connected: boolean) => void): () => void {
    this.#connection.add(listener);
    return () => this.#connection.delete(listener);
  }

  async call<N extends RequestName>(name: N, ...params: CallParams<N>): Promise<Result<N>> {
    const response = await this.#api.request(encodeRequest(name, params[0] as Params<N>));
    this.#setConnected(true);
    return decodeResult(name, response);
  }

  async putBlob(bytes: Uint8Array): Promise<string> {
    return unwrap(await this.#api.putBlob(bytes));
  }

  async getBlob(sha256: string): Promise<Uint8Array> {
    return unwrap(await this.#api.getBlob(sha256));
  }

  onEvent(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #setConnected(connected: boolean): void {
    if (connected === this.#connected) return;
    this.#connected = connected;
    for (const listener of this.#connection) listener(connected);
  }
}

function unwrap<T>(answer: { Ok: T } | { Error: WireError }): T {
  if ('Error' in answer) throw fromWireError(answer.Error);
  return answer.Ok;
}
