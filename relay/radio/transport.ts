/** How connections that come in at the door get into a libp2p node: a transport that listens to nothing by itself. */
import { transportSymbol, TypedEventEmitter } from '@libp2p/interface';
import type {
  Connection,
  CreateListenerOptions,
  Listener,
  ListenerEvents,
  MultiaddrConnection,
  Transport,
  Upgrader,
} from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';

export class Entrance implements Transport {
  readonly [transportSymbol] = true as const;
  readonly [Symbol.toStringTag] = 'sovereign-entrance';
  readonly #closing = new AbortController();
  #upgrader: Upgrader | undefined;

  /** The connection is hidden under the network's key already. Ends it when the handshakes inside fail. */
  async accept(connection: MultiaddrConnection): Promise<void> {
    try {
      if (!this.#upgrader) throw new Error('the network is not open');
      await this.#upgrader.upgradeInbound(connection, { skipProtection: true, signal: this.#closing.signal });
    } catch (error) {
      connection.abort(error as Error);
    }
  }

  createListener({ upgrader }: CreateListenerOptions): Listener {
    this.#upgrader = upgrader;
    return new Entered(() => {
      this.#upgrader = undefined;
      this.#closing.abort();
    });
  }

  readonly listenFilter = (addresses: Multiaddr[]): Multiaddr[] => addresses.slice(0, 1);
  readonly dialFilter = (): Multiaddr[] => [];

  dial(): Promise<Connection> {
    return Promise.reject(new Error('a relay calls nobody'));
  }
}

class Entered extends TypedEventEmitter<ListenerEvents> implements Listener {
  readonly #close: () => void;
  #address: Multiaddr | undefined;

  constructor(close: () => void) {
    super();
    this.#close = close;
  }

  listen(address: Multiaddr): Promise<void> {
    this.#address = address;
    this.safeDispatchEvent('listening');
    return Promise.resolve();
  }

  getAddrs = (): Multiaddr[] => (this.#address ? [this.#address] : []);

  updateAnnounceAddrs(): void {
    // What is announced is the operator's to say.
  }

  close(): Promise<void> {
    this.#close();
    this.safeDispatchEvent('close');
    return Promise.resolve();
  }
}
