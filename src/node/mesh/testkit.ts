/** Nodes that reach each other in memory, as over a relay: only those who hold the same keys. */
import { hex, parseJson } from '../../crypto';
import { MeshError, peerIdOf, type MeshStream, type RelayedMesh } from '../../mesh';
import { encodeFrame } from '../../mesh/frames';
import { MemoryNet, type MemoryNode } from '../../mesh/testkit';
import type { Json, JsonObject } from '../../protocol/json';
import type { MeshView } from '../../protocol/mesh';
import type { NodeOptions, SovereignNode } from '../types';
import { call, testNode, TestDevice } from '../testkit';
import type { MeshRealm } from './types';

/** A network for each mesh key; whoever opens with another is not there. */
export class KeyedNets {
  readonly #nets = new Map<string, MemoryNet>();
  /** Peers that are switched off. */
  readonly off = new Set<string>();

  /** As one realm opens it. */
  realm(): MeshRealm {
    return { direct: true, open: (options) => Promise.resolve(this.#open(options)) };
  }

  #net(key: Uint8Array): MemoryNet {
    const name = hex(key);
    const net = this.#nets.get(name) ?? new MemoryNet();
    this.#nets.set(name, net);
    return net;
  }

  #open({ signer, keys, relays, admits }: Parameters<MeshRealm['open']>[0]): RelayedMesh {
    const self = peerIdOf(signer.publicKey);
    const net = this.#net(keys.mesh);
    const node = net.add(self);
    return new KeyedMesh(this, net, node, relays, admits ?? (() => true), (peer) => {
      const old = keys.old?.(peer);
      return old && this.#net(old);
    });
  }
}

/** A node on the net of its key, that dials on that of an earlier one where it is told to. */
class KeyedMesh implements RelayedMesh {
  readonly self: string;
  readonly handle: MemoryNode['handle'];
  readonly publish: MemoryNode['publish'];
  readonly subscribe: MemoryNode['subscribe'];
  readonly drop: MemoryNode['drop'];
  readonly onChange: MemoryNode['onChange'];
  readonly #node: MemoryNode;
  readonly #net: MemoryNet;
  readonly #nets: KeyedNets;
  readonly #relays: readonly string[];
  readonly #admits: (peer: string) => boolean;
  readonly #old: (peer: string) => MemoryNet | undefined;
  readonly #served = new Map<string, Parameters<MemoryNode['handle']>[1]>();
  readonly #guests: MemoryNode[] = [];

  constructor(
    nets: KeyedNets,
    net: MemoryNet,
    node: MemoryNode,
    relays: readonly string[],
    admits: (peer: string) => boolean,
    old: (peer: string) => MemoryNet | undefined,
  ) {
    this.self = node.self;
    this.#nets = nets;
    this.#net = net;
    this.#node = node;
    this.#relays = relays;
    this.#admits = admits;
    this.#old = old;
    this.handle = (protocol, serve) => {
      const admitted: typeof serve = (stream) => (this.#admits(stream.peer) ? serve(stream) : stream.reset());
      this.#served.set(protocol, admitted);
      return node.handle(protocol, admitted);
    };
    this.publish = (topic, bytes) => node.publish(topic, bytes);
    this.subscribe = (topic, listen, judge) => node.subscribe(topic, listen, judge);
    this.drop = (peer, reason) => node.drop(peer, reason);
    this.onChange = (listener) => node.onChange(listener);
  }

  async open(peer: string, protocol: string, options: { signal?: AbortSignal } = {}) {
    const old = this.#old(peer);
    if (!old) return this.#node.open(peer, protocol, options);
    if (!old.nodes.has(peer)) throw new MeshError('unreachable', 'nobody there with that key');
    // It stands on the other net too, for this one, who may ask back on the link.
    const guest = old.add(this.self);
    this.#guests.push(guest);
    for (const [name, serve] of this.#served) guest.handle(name, serve);
    return guest.open(peer, protocol, options);
  }

  peers() {
    return this.#node.peers().filter(({ peer }) => this.#admits(peer) && !this.#nets.off.has(peer));
  }

  relays() {
    return this.#relays.map((address) => ({ address, peer: null, connected: true, reserved: true, problem: null }));
  }

  hurry(): void {
    this.#node.tell();
  }

  async close(): Promise<void> {
    for (const node of [this.#node, ...this.#guests]) await node.close();
    if (this.#net.nodes.get(this.self) === this.#node) this.#net.nodes.delete(this.self);
    this.#net.changed();
  }
}

export interface Member {
  device: TestDevice;
  node: SovereignNode;
  view: () => Promise<MeshView>;
  /** Resolves when the view is so. */
  until: (is: (view: MeshView) => boolean) => Promise<MeshView>;
}

export async function memberNode(
  nets: KeyedNets,
  device = new TestDevice(),
  options: Partial<NodeOptions> = {},
): Promise<Member> {
  const node = testNode(device, { mesh: nets.realm(), ...options });
  await node.start();
  const view = () => call(node, 'GetMesh');
  const until = (is: (view: MeshView) => boolean): Promise<MeshView> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        view().then((seen) => {
          if (!is(seen)) return;
          stop();
          resolve(seen);
        }, reject);
      };
      const stop = node.subscribe(({ type }) => (type === 'mesh' ? look() : undefined));
      look();
    });
  return { device, node, view, until };
}

/** A realm in which one protocol is served by hand: what a member that lies, or hangs, would. */
export function servingByHand(
  realm: MeshRealm,
  protocol: string,
  serve: (mesh: Pick<RelayedMesh, 'handle'>) => void,
): MeshRealm {
  const open: MeshRealm['open'] = async (options) => {
    const mesh = await realm.open(options);
    serve(mesh);
    const handle = mesh.handle.bind(mesh);
    return Object.assign(mesh, {
      handle: (name, honest) => (name === protocol ? () => undefined : handle(name, honest)),
    } satisfies Pick<RelayedMesh, 'handle'>);
  };
  return { direct: realm.direct, open };
}

/** A realm whose node serves one protocol honestly, but for what is changed of each word that it says. */
export function tampering(realm: MeshRealm, protocol: string, change: (word: JsonObject) => Json): MeshRealm {
  const open: MeshRealm['open'] = async (options) => {
    const mesh = await realm.open(options);
    const handle = mesh.handle.bind(mesh);
    const changed = (stream: MeshStream): MeshStream => ({
      ...{ peer: stream.peer, relayed: stream.relayed, incoming: stream.incoming },
      // One frame a write: as FramedStream has it.
      write: (frame) => stream.write(encodeFrame(change(parseJson(frame.slice(4)) as JsonObject))),
      close: () => stream.close(),
      reset: () => stream.reset(),
    });
    return Object.assign(mesh, {
      handle: (name, serve) => handle(name, name === protocol ? (stream) => serve(changed(stream)) : serve),
    } satisfies Pick<RelayedMesh, 'handle'>);
  };
  return { direct: realm.direct, open };
}

/** Lets `joiner` in, both owners saying yes. */
export async function pair(keeper: Member, joiner: Member, name: string): Promise<void> {
  const { text } = await call(keeper.node, 'InviteMember', { minutes: 10 });
  await call(joiner.node, 'JoinMesh', { text, name });
  for (const side of [keeper, joiner]) {
    const { pairings } = await side.until((view) => view.pairings.some(({ state }) => state === 'confirm'));
    const { id } = pairings.find(({ state }) => state === 'confirm')!;
    await call(side.node, 'ConfirmPairing', { id, yes: true });
  }
  await joiner.until(({ state }) => state === 'online');
  await keeper.until(({ members }) => members.some((member) => member.name === name));
}
