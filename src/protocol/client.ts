import type { NodeEvent, Params, RequestName, Result } from './messages';

/** A request without parameters takes none. */
export type CallParams<N extends RequestName> = Params<N> extends void ? [] : [params: Params<N>];

/** A node as the UI holds it, whatever carries the messages. The browser's is `connectNode` in src/host. */
export interface NodeClient {
  /** Whether the node answered the last time it was asked. */
  readonly connected: boolean;
  /** Called whenever {@link connected} changes; the answer ends the subscription. */
  onConnection(listener: (connected: boolean) => void): () => void;
  /** @throws SovereignError with the node's code and advice. */
  call<N extends RequestName>(name: N, ...params: CallParams<N>): Promise<Result<N>>;
  /** Stores bytes by content; the answer is their SHA-256 in hex. */
  putBlob(bytes: Uint8Array): Promise<string>;
  /** @throws SovereignError `no_blob` when the node does not hold it. */
  getBlob(sha256: string): Promise<Uint8Array>;
  /** Hints to re-read; the answer ends the subscription. */
  onEvent(listener: (event: NodeEvent) => void): () => void;
}
