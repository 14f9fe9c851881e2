/**
 * The relay's radio: members' WebSockets in, circuits between them and a rendezvous, for each of the networks whose
 * relay key it was given. It never holds a mesh's own key.
 */
import type { IncomingMessage } from 'node:http';
import { equalBytes, signerFromSeed } from '../../src/crypto';
import { polyfillNode } from '../../src/mesh/libp2p/polyfill';
import { peerIdOf } from '../../src/mesh/peer-id';
import { NETWORK_KEY_BYTES, PrivateConnection } from '../../src/mesh/pnet';
import { systemRandom } from '../../src/protocol/runtime';
import type { Random } from '../../src/protocol/runtime';
import { RelayError } from '../errors';
import { silent, type Log } from '../log';
import { callerAddress } from './addresses';
import { Door } from './door';
import type { Caller, Refusals } from './door';
import { RADIO_LIMITS } from './limits';
import type { RadioLimits } from './limits';
import type { Network, NetworkStatus } from './network';
import { SocketConnection } from './socket';
import type { Traffic } from './socket';
import type { Shown } from './stranger';

export interface RadioOptions {
  /** 32 bytes: the relay's own Ed25519 key, which its peer id is of. */
  seed: Uint8Array;
  /** Relay keys of the networks to serve, 32 bytes each; more may be admitted later. */
  keys: readonly Uint8Array[];
  /** Those that were admitted before; what there is no room for is left out, and the log says so. */
  kept?: readonly Uint8Array[];
  /** Multiaddrs at which members reach it, e.g. `/dns4/relay.example.com/tcp/443/tls/ws`; at least one. */
  announce: readonly string[];
  limits?: Partial<RadioLimits>;
  random?: Random;
  /** The caller's IP address; by default the socket's other end. */
  addressOf?: (request: IncomingMessage) => string;
  /** Keeps a key that was admitted later, before its network is served. */
  keep?: (key: Uint8Array) => Promise<void>;
  /** A member showed this key. */
  shown?: (key: Uint8Array) => void;
  log?: Log;
}

export interface RadioStatus extends NetworkStatus {
  networks: number;
  strangers: number;
  refusals: Readonly<Refusals>;
  traffic: Readonly<Traffic>;
}

/** @throws RelayError `networks_full` for more `keys` than it serves networks */
export async function openRadio(options: RadioOptions): Promise<Radio> {
  polyfillNode();
  const radio = new Radio(options, peerIdOf((await signerFromSeed(options.seed)).publicKey));
  for (const key of options.keys) await radio.serve(key);
  // Who brought keys until it was full must not keep it from starting.
  let left = 0;
  for (const key of options.kept ?? []) {
    await radio.serve(key).catch((error: unknown) => {
      if (!(error instanceof RelayError)) throw error;
      left++;
    });
  }
  if (left > 0) (options.log ?? silent)('warn', 'networks_left_out', { networks: left });
  return radio;
}

export class Radio {
  /** The relay's peer id, one in all networks. */
  readonly peer: string;
  readonly #options: RadioOptions;
  readonly #limits: RadioLimits;
  readonly #random: Random;
  readonly #log: Log;
  readonly #traffic: Traffic = { bytesIn: 0, bytesOut: 0 };
  readonly #door: Door<Network>;
  #networks: (readonly [key: Uint8Array, network: Network])[] = [];
  /** Admissions one after the other, so that no key is taken twice. */
  #admitting: Promise<unknown> = Promise.resolve();

  constructor(options: RadioOptions, peer: string) {
    this.peer = peer;
    this.#options = options;
    this.#limits = { ...RADIO_LIMITS, ...options.limits };
    this.#random = options.random ?? systemRandom;
    this.#log = options.log ?? silent;
    this.#door = new Door<Network>({
      limits: this.#limits,
      random: this.#random,
      networks: () => this.#networks,
      addressOf: options.addressOf ?? (({ socket }) => socket.remoteAddress ?? '0.0.0.0'),
      log: this.#log,
      admit: (caller, shown) => this.#enter(caller, shown),
    });
  }

  /** For an HTTP server's `upgrade` event: serves `/` and `/mesh`, ends all else. */
  get upgrade(): Door<Network>['upgrade'] {
    return this.#door.upgrade;
  }

  /** Serves one more network, whose relay key this is, and keeps it. @throws RelayError `networks_full` */
  admit(key: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#serves(key)) return;
      this.#checkRoom();
      await this.#options.keep?.(key);
      await this.#add(key);
    });
  }

  /** Serves the network of a key that is kept elsewhere. @throws RelayError `networks_full` */
  serve(key: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#serves(key)) return;
      this.#checkRoom();
      await this.#add(key);
    });
  }

  status(): RadioStatus {
    const sum = { connections: 0, reservations: 0, circuits: 0 };
    for (const [, network] of this.#networks) {
      const { connections, reservations, circuits } = network.status();
      sum.connections += connections;
      sum.reservations += reservations;
      sum.circuits += circuits;
    }
    const { strangers, refusals } = this.#door;
    return { ...sum, networks: this.#networks.length, strangers, refusals, traffic: this.#traffic };
  }

  /** Lets nobody in, tells members to move and gives them `farewellMs` for it, then ends what is left. */
  async stop(): Promise<void> {
    this.#door.shut();
    await this.#admitting;
    await this.#sayFarewell();
    await Promise.all(this.#networks.map(([, network]) => network.stop()));
    this.#door.close();
  }

  async #sayFarewell(): Promise<void> {
    const { farewellMs, returnMs, returnEachMs } = this.#limits;
    const { connections: members } = this.status();
    if (members === 0 || farewellMs === 0) return;
    this.#log('info', 'members_told_to_move', { members });
    const spread = returnEachMs * members;
    const retryAfterMs = (): number => returnMs + (new Uint32Array(this.#random.bytes(4).buffer)[0]! % (spread + 1));
    const signal = AbortSignal.timeout(farewellMs);
    const told = await Promise.all(this.#networks.map(([, network]) => network.sayFarewell(retryAfterMs, signal)));
    const understood = told.reduce((sum, count) => sum + count, 0);
    this.#log('info', 'members_moved', { members, understood, left: this.status().connections });
  }

  #inTurn(admit: () => Promise<void>): Promise<void> {
    const admitted = this.#admitting.then(admit);
    this.#admitting = admitted.catch(() => undefined);
    return admitted;
  }

  #serves(key: Uint8Array): boolean {
    return this.#networks.some(([known]) => equalBytes(known, key));
  }

  #checkRoom(): void {
    if (this.#networks.length < this.#limits.networks) return;
    throw new RelayError('networks_full', `this relay serves ${String(this.#limits.networks)} networks already`, {
      advice: 'Use another relay, or ask its operator to take one off.',
    });
  }

  async #add(key: Uint8Array): Promise<void> {
    if (key.length !== NETWORK_KEY_BYTES) throw new RangeError('a network key has 32 bytes');
    // Loaded only where there is a network: libp2p is most of a relay's start.
    const { Network } = await import('./network');
    const { seed, announce } = this.#options;
    const limits = this.#limits;
    const network = await Network.open({ seed, announce, limits, random: this.#random, log: this.#log });
    this.#networks = [...this.#networks, [key.slice(), network]];
    this.#log('info', 'network_served', { networks: this.#networks.length });
  }

  async #enter({ socket, address, port }: Caller, shown: Shown<Network>): Promise<void> {
    const { network, incoming, outgoing, first } = shown;
    const [key] = this.#networks.find(([, one]) => one === network)!;
    this.#options.shown?.(key);
    const init = { remoteAddr: callerAddress(address, port), log: network.log };
    const { bufferedBytes: buffered, stalledMs, closeMs } = this.#limits;
    const bare = new SocketConnection(socket, init, { buffered, stalledMs, closeMs }, this.#traffic);
    const connection = new PrivateConnection(bare, incoming, outgoing);
    bare.onData(first);
    await network.accept(connection);
  }
}
