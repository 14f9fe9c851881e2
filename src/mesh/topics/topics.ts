/** Topics among members: sealed before they are published, judged before they are passed on. */
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { Clock, Random } from '../../protocol/runtime';
import { MeshError } from '../errors';
import type { Judgement, Mesh, TopicMessage } from '../types';
import { EpochKeys } from './keys';
import { MOST_PLAIN, stamped, TopicJudge } from './judge';

export interface TopicsOptions {
  mesh: Mesh;
  /** The topic key of an epoch, whose mesh this is: with other keys it is another mesh, and has topics of its own. */
  epoch: number;
  key: Uint8Array;
  clock: Clock;
  random: Random;
  isMember: (peer: string) => boolean;
  /** A member was dropped for what it sent. */
  onDropped?: (peer: string, reason: string) => void;
}

export interface Heard {
  from: string;
  bytes: Uint8Array;
  /** When its sender says that it was sent: ms since the epoch, within minutes of our clock. */
  sent: number;
}

interface Channel {
  name: string;
  listeners: Set<(heard: Heard) => void>;
  stop: () => void;
}

export class Topics {
  readonly #options: TopicsOptions;
  readonly #judge: TopicJudge;
  readonly #began: number;
  readonly #keys: EpochKeys;
  readonly #dropped = new Set<string>();
  readonly #channels = new Map<string, Channel>();
  #number = 0;

  constructor(options: TopicsOptions) {
    this.#options = options;
    this.#judge = new TopicJudge((peer) => options.isMember(peer) && !this.#dropped.has(peer));
    this.#began = options.clock.now();
    this.#keys = new EpochKeys(options.epoch, options.key);
  }

  /** Says something to those who listen. @returns to how many peers it went at once @throws MeshError `frame_too_long` */
  async publish(name: string, bytes: Uint8Array): Promise<number> {
    if (bytes.length > MOST_PLAIN) {
      throw new MeshError('frame_too_long', `a message on a topic has at most ${MOST_PLAIN} bytes`);
    }
    const { mesh, clock, random } = this.#options;
    const topic = this.#keys.topic(name);
    const plain = stamped({ began: this.#began, number: ++this.#number, sent: clock.now() }, bytes);
    return mesh.publish(topic, this.#keys.seal(topic, mesh.self, plain, random.bytes(24)));
  }

  /** Listens to a topic. @returns what ends it @throws MeshError `overloaded` */
  subscribe(name: string, listen: (heard: Heard) => void): () => void {
    const channel = this.#channels.get(name) ?? this.#open(name);
    // Its own function, so that who listens twice hears twice and stops each by itself.
    const listener = (heard: Heard): void => listen(heard);
    channel.listeners.add(listener);
    return () => {
      channel.listeners.delete(listener);
      if (channel.listeners.size === 0 && this.#channels.get(name) === channel) this.#end(channel);
    };
  }

  close(): void {
    for (const channel of [...this.#channels.values()]) this.#end(channel);
  }

  #open(name: string): Channel {
    if (this.#channels.size >= MESH_LIMITS.topics) throw new MeshError('overloaded', 'too many topics are listened to');
    const topic = this.#keys.topic(name);
    const channel: Channel = { name, listeners: new Set(), stop: () => undefined };
    const judge = (message: TopicMessage): Judgement => this.#judged(topic, channel, message);
    // What is accepted is told by the judge, who has it open already.
    channel.stop = this.#options.mesh.subscribe(topic, () => undefined, judge);
    this.#channels.set(name, channel);
    return channel;
  }

  #end(channel: Channel): void {
    this.#channels.delete(channel.name);
    channel.listeners.clear();
    channel.stop();
  }

  #judged(topic: string, channel: Channel, { from, bytes }: TopicMessage): Judgement {
    const now = this.#options.clock.now();
    const { judgement, why, drop, body, sent } = this.#judge.judge(this.#keys, topic, from, bytes, now);
    if (drop) this.#drop(from, `it sent ${REASONS[why as keyof typeof REASONS]} on a topic`);
    if (body && sent !== undefined) queueMicrotask(() => tell(channel, { from, bytes: body, sent }));
    return judgement;
  }

  #drop(peer: string, reason: string): void {
    if (this.#dropped.has(peer)) return;
    this.#dropped.add(peer);
    void this.#options.mesh.drop(peer, reason).catch(() => undefined);
    this.#options.onDropped?.(peer, reason);
  }
}

function tell({ listeners }: Channel, heard: Heard): void {
  for (const listen of [...listeners]) {
    try {
      listen(heard);
    } catch {
      // Who listens answers for itself: the message was good, and others go on hearing.
    }
  }
}

const REASONS = {
  malformed: 'what is no message',
  too_long: 'messages that are too long',
  unsealed: 'messages that the mesh key does not open',
  flood: 'more messages than one member may',
} as const;
