import type { Call, Candidate, Description, FromTab } from '../lend';
import { StandInChannel } from './data-channel';
import { closedError, Handlers, type Handler } from './handlers';
import type { TabLink } from './tab-link';

type Said = Extract<FromTab, { connection: number }>;

export interface Configuration {
  iceServers?: { urls: string | string[] }[];
}

/** Stands in for RTCPeerConnection: as much of it as libp2p uses. It lives as long as the tab that has the real one. */
export class StandInConnection extends Handlers {
  onconnectionstatechange: Handler = null;
  oniceconnectionstatechange: Handler = null;
  onicegatheringstatechange: Handler = null;
  onsignalingstatechange: Handler = null;
  onnegotiationneeded: Handler = null;
  onicecandidate: Handler = null;
  onicecandidateerror: Handler = null;
  ondatachannel: Handler = null;
  connectionState = 'new';
  iceConnectionState = 'new';
  iceGatheringState = 'new';
  signalingState = 'stable';
  localDescription: Description | null = null;
  remoteDescription: Description | null = null;
  readonly #link: TabLink;
  readonly #name: number;
  readonly #channels = new Set<StandInChannel>();

  constructor(link: TabLink, { iceServers = [] }: Configuration = {}) {
    super();
    this.#link = link;
    this.#name = link.name();
    link.connections.set(this.#name, this);
    link.post({
      type: 'connect',
      connection: this.#name,
      iceServers: iceServers.map(({ urls }) => ({ urls: [urls].flat() })),
    });
  }

  createDataChannel(label: string): StandInChannel {
    if (this.#isOver) throw closedError('the connection');
    const channel = this.#link.name();
    this.#link.post({ type: 'open', connection: this.#name, channel, label });
    return this.#keep(new StandInChannel(this.#link, channel, { label, id: null }, false));
  }

  async createOffer(): Promise<Description> {
    return (await this.#call('createOffer')) as Description;
  }

  async createAnswer(): Promise<Description> {
    return (await this.#call('createAnswer')) as Description;
  }

  async setLocalDescription(description: Description): Promise<void> {
    await this.#call('setLocalDescription', plain(description));
  }

  async setRemoteDescription(description: Description): Promise<void> {
    await this.#call('setRemoteDescription', plain(description));
  }

  async addIceCandidate(candidate: Candidate): Promise<void> {
    await this.#call('addIceCandidate', { ...candidate });
  }

  async getStats(): Promise<Map<string, { id: string }>> {
    const stats = (await this.#call('getStats')) as { id: string }[];
    return new Map(stats.map((one) => [one.id, one]));
  }

  close(): void {
    if (this.connectionState === 'closed') return;
    this.#link.post({ type: 'close', connection: this.#name });
    this.#end('closed');
  }

  hear(said: Said): void {
    if (this.#isOver) return;
    switch (said.type) {
      case 'state':
        Object.assign(this, said.facts);
        return this.fire(new Event(said.event));
      case 'candidate': {
        const candidate = said.candidate && new StandInCandidate(said.candidate);
        return this.fire(Object.assign(new Event('icecandidate'), { candidate }));
      }
      case 'incoming': {
        const channel = this.#keep(new StandInChannel(this.#link, said.channel, said, true));
        return this.fire(Object.assign(new Event('datachannel'), { channel }));
      }
      case 'dead':
        return this.die();
    }
  }

  /** The tab, or the other side, is gone. Told before the ends of its channels, which look polite by themselves. */
  die(): void {
    if (this.#isOver) return;
    this.connectionState = 'failed';
    this.fire(new Event('connectionstatechange'));
    this.#end('failed');
  }

  get #isOver(): boolean {
    return this.connectionState === 'closed' || this.connectionState === 'failed';
  }

  #end(state: 'closed' | 'failed'): void {
    this.connectionState = state;
    this.iceConnectionState = state;
    this.signalingState = 'closed';
    this.#link.connections.delete(this.#name);
    for (const channel of this.#channels) channel.end();
  }

  #keep(channel: StandInChannel): StandInChannel {
    this.#channels.add(channel);
    channel.addEventListener('close', () => this.#channels.delete(channel));
    return channel;
  }

  async #call(method: Call, argument?: Description | Candidate): Promise<unknown> {
    if (this.#isOver) throw closedError('the connection');
    const { result, facts } = await this.#link.call(this.#name, method, argument);
    // Its connectionState comes with its event alone.
    const { connectionState: _, ...rest } = facts;
    if (!this.#isOver) Object.assign(this, rest);
    return result;
  }
}

const plain = ({ type, sdp }: Description): Description => ({ type, sdp });

export class StandInDescription implements Description {
  readonly type: string;
  readonly sdp: string;

  constructor({ type, sdp }: Description) {
    this.type = type;
    this.sdp = sdp;
  }
}

export class StandInCandidate {
  [field: string]: unknown;

  constructor(candidate: Candidate) {
    Object.assign(this, candidate);
  }

  toJSON(): Candidate {
    return { ...this } as Candidate;
  }
}
