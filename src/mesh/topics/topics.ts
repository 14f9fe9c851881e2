/** Topics among members: sealed before they are published, judged before they are passed on. */
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { Clock, Random } from '../../protocol/runtime';
import { MeshError } from '../errors';
import type { Judgement, Mesh, TopicMessage } from '../types';
import { EpochKeys } from './keys';
import { MOST_PLAIN, stamped, TopicJudge } from './judge';

export interface TopicsOptions {
  mesh: Mesh;
  /** The topic key in force, which changes with the mesh key, and how many there were before it. */
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
  /** One for each epoch that is listened to. */
  stops: Map<EpochKeys, () => void>;
}

export class Topics {
  readonly #options: TopicsOptions;
  readonly #judge: TopicJudge;
  readonly #began: number;
  readonly #dropped = new Set<string>();
  readonly #channels = new Map<string, Channel>();
  #number = 0;
  #keys: EpochKeys;
  /** Keys before the present ones, and until when they are heard. */
  #before: { keys: EpochKeys; until: number }[] = [];

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

  /** Listens to a topic, through changes of the mesh key. @returns what ends it @throws MeshError `overloaded` */
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

  /** From now on everything is sealed under this key; what members still seal under the one before is heard a while. */
  rotate(epoch: number, key: Uint8Array): void {
    if (epoch <= this.#keys.epoch) throw new RangeError('an epoch follows the one before it');
    const until = this.#options.clock.now() + MESH_LIMITS.topicGraceMs;
    this.#before = [{ keys: this.#keys, until }, ...this.#before];
    this.#keys = new EpochKeys(epoch, key);
    for (const channel of this.#channels.values()) this.#hear(channel, this.#keys);
    this.sweep();
  }

  /** Lets go of keys whose time is over and of members who left. */
  sweep(): void {
    const now = this.#options.clock.now();
    for (const { keys, until } of this.#before) if (until <= now) this.#forget(keys);
    this.#before = this.#before.filter(({ until }) => until > now);
    this.#judge.sweep();
  }

  close(): void {
    for (const channel of [...this.#channels.values()]) this.#end(channel);
  }

  #open(name: string): Channel {
    if (this.#channels.size >= MESH_LIMITS.topics) throw new MeshError('overloaded', 'too many topics are listened to');
    const channel: Channel = { name, listeners: new Set(), stops: new Map() };
    for (const keys of [this.#keys, ...this.#before.map((old) => old.keys)]) this.#hear(channel, keys);
    this.#channels.set(name, channel);
    return channel;
  }

  #end(channel: Channel): void {
    this.#channels.delete(channel.name);
    channel.listeners.clear();
    for (const stop of channel.stops.values()) stop();
  }

  #hear(channel: Channel, keys: EpochKeys): void {
    const topic = keys.topic(channel.name);
    const judge = (message: TopicMessage): Judgement => this.#judged(keys, topic, channel, message);
    // What is accepted is told by the judge, who has it open already.
    const stop = this.#options.mesh.subscribe(topic, () => undefined, judge);
    channel.stops.set(keys, stop);
  }

  #forget(keys: EpochKeys): void {
    for (const { stops } of this.#channels.values()) {
      stops.get(keys)?.();
      stops.delete(keys);
    }
  }

  #judged(keys: EpochKeys, topic: string, channel: Channel, { from, bytes }: TopicMessage): Judgement {
    const now = this.#options.clock.now();
    if (this.#before.some((old) => old.keys === keys && old.until <= now)) {
      this.sweep();
      return 'ignore';
    }
    const { judgement, why, drop, body, sent } = this.#judge.judge(keys, topic, from, bytes, now);
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
