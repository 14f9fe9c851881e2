import type { ComponentLogger, Startable, Upgrader } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { NearbyLink, NearbyLinks, RtcChannel } from '../nearby';
import { protect } from '../pnet';
import type { Schedule } from '../schedule';
import { ChannelConnection } from './channel-connection';

interface Components {
  upgrader: Upgrader;
  logger: ComponentLogger;
}

/** For libp2p's `services`: links by codes as connections of this node, hidden under each link's own key, then Noise. */
export const nearbyService =
  (links: NearbyLinks, schedule: Schedule) =>
  (components: Components): NearbyService =>
    new NearbyService(components, links, schedule);

/**
 * A link outlives a libp2p node, which is opened anew when keys or relays change: each node opens a channel of its own
 * over it. The device that offered does; when its channel ends, it opens the next.
 */
class NearbyService implements Startable {
  readonly #components: Components;
  readonly #links: NearbyLinks;
  readonly #schedule: Schedule;
  readonly #kept = new Set<NearbyLink>();
  readonly #stopped = new AbortController();
  readonly #stops: (() => void)[] = [];

  constructor(components: Components, links: NearbyLinks, schedule: Schedule) {
    this.#components = components;
    this.#links = links;
    this.#schedule = schedule;
  }

  start(): void {
    this.#stops.push(this.#links.onChange(() => this.#look()));
    this.#look();
  }

  stop(): void {
    this.#stopped.abort();
    for (const stop of this.#stops.splice(0)) stop();
  }

  #look(): void {
    for (const link of this.#links.list()) {
      if (this.#kept.has(link)) continue;
      this.#kept.add(link);
      if (link.opens) void this.#keepOpen(link);
      else this.#stops.push(link.onChannel((channel) => void this.#take(link, channel)));
    }
  }

  async #keepOpen(link: NearbyLink): Promise<void> {
    const { signal } = this.#stopped;
    for (let pause: number = MESH_LIMITS.nearbyRetryMs; !signal.aborted && !link.isOver;) {
      try {
        const channel = await link.open(AbortSignal.any([signal, AbortSignal.timeout(MESH_LIMITS.directMs)]));
        await this.#open(link, channel);
        pause = MESH_LIMITS.nearbyRetryMs;
      } catch {
        // The other side's mesh is not open now, or does not let us in.
        pause = Math.min(2 * pause, MESH_LIMITS.nearbyRetryMaxMs);
      }
      await this.#rest(link, pause);
    }
    this.#kept.delete(link);
  }

  /** Resolves when the connection is over. */
  async #open(link: NearbyLink, channel: RtcChannel): Promise<void> {
    const { protectedOne, options } = await this.#hidden(link, channel, 'outbound');
    const connection = await this.#components.upgrader.upgradeOutbound(protectedOne, options);
    if (connection.status !== 'open') return;
    await new Promise((resolve) => connection.addEventListener('close', resolve, { once: true }));
  }

  async #take(link: NearbyLink, channel: RtcChannel): Promise<void> {
    try {
      const { protectedOne, options } = await this.#hidden(link, channel, 'inbound');
      await this.#components.upgrader.upgradeInbound(protectedOne, options);
    } catch {
      channel.close();
    }
  }

  async #hidden(link: NearbyLink, channel: RtcChannel, direction: 'inbound' | 'outbound') {
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(MESH_LIMITS.directMs)]);
    // Noise proves that it is this peer.
    const remoteAddr = multiaddr(`/webrtc/p2p/${link.peer}`);
    const log = this.#components.logger.forComponent('sovereign:nearby');
    const raw = new ChannelConnection(channel, { remoteAddr, direction, log });
    try {
      return { protectedOne: await protect(raw, link.key, { signal }), options: { signal, skipProtection: true } };
    } catch (error) {
      raw.abort(error as Error);
      throw error;
    }
  }

  #rest(link: NearbyLink, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.#stopped;
      const done = (): void => {
        cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.#schedule(done, ms);
      signal.addEventListener('abort', done);
      void link.over.then(done);
      if (signal.aborted) done();
    });
  }
}
