import * as Comlink from 'comlink';
import { fromWireError, SovereignError, type WireError } from '../protocol/errors';
import { decodeResult, encodeRequest } from '../protocol/codec';
import type { CallParams, NodeClient } from '../protocol/client';
import type { NodeEvent, Params, RequestName, Result, WorkerApi } from '../protocol/messages';
import { lendHost } from './lend';

/**
 * Connects this tab to the node and lends it what only a window can do. The node is one SharedWorker for all tabs;
 * where there is none, a dedicated worker a tab, of which one leads. One that ends, as with the renderer that it happened
 * to run in, is made again.
 */
export function connectNode(): NodeClient {
  return new WorkerClient();
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
  readonly #listeners = new Set<(event: NodeEvent) => void>();
  readonly #connection = new Set<(connected: boolean) => void>();
  #connected = false;
  /** What ends calls that wait for an answer. */
  readonly #waiting = new Set<(error: SovereignError) => void>();
  #api = this.#open();

  #open(): Comlink.Remote<WorkerApi> {
    const [endpoint, worker] = openWorker();
    const api = Comlink.wrap<WorkerApi>(endpoint);
    worker.onerror = () => this.#setConnected(false);
    void api.subscribe(
      Comlink.proxy((event: NodeEvent) => {
        this.#setConnected(true);
        this.#tell(event);
      }),
    );
    const gone = api.life().then((lock) => navigator.locks.request(lock, () => undefined));
    void lendHost((port, lock) => api.attachHost(Comlink.transfer(port, [port]), lock), gone);
    void gone.then(() => this.#reopen());
    return api;
  }

  #reopen(): void {
    this.#setConnected(false);
    this.#api = this.#open();
    const error = new SovereignError('not_ready', 'The node’s worker ended before it answered.', {
      advice: 'See whether it was done, and try again if not.',
    });
    for (const fail of this.#waiting) fail(error);
    this.#tell({ type: 'resync' });
  }

  /** What the worker answers, unless it ends before it does. @throws SovereignError `not_ready` */
  #ask<R>(ask: (api: Comlink.Remote<WorkerApi>) => Promise<R>): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      void ask(this.#api)
        .then(resolve, reject)
        .finally(() => this.#waiting.delete(reject));
    });
  }

  get connected(): boolean {
    return this.#connected;
  }

  onConnection(listener: (connected: boolean) => void): () => void {
    this.#connection.add(listener);
    return () => this.#connection.delete(listener);
  }

  async call<N extends RequestName>(name: N, ...params: CallParams<N>): Promise<Result<N>> {
    const response = await this.#ask(async (api) => api.request(encodeRequest(name, params[0] as Params<N>)));
    this.#setConnected(true);
    return decodeResult(name, response);
  }

  async putBlob(bytes: Uint8Array): Promise<string> {
    return unwrap(await this.#ask(async (api) => api.putBlob(bytes)));
  }

  async getBlob(sha256: string): Promise<Uint8Array> {
    return unwrap(await this.#ask(async (api) => api.getBlob(sha256)));
  }

  onEvent(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(event: NodeEvent): void {
    for (const listener of this.#listeners) listener(event);
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
