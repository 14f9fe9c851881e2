import { TopicValidatorResult, type GossipSub, type Message } from '@libp2p/gossipsub';
import type { Judgement, TopicMessage } from '../types';

interface Subscription {
  listen: (message: TopicMessage) => void;
  judge: (message: TopicMessage) => Judgement;
}

const VERDICTS: Record<Judgement, TopicValidatorResult> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
};

/** Who listens to which topic here. */
export class Topics {
  readonly #pubsub: GossipSub;
  readonly #topics = new Map<string, Set<Subscription>>();
  /** What `judge` said of a message, for those that then listen to it. */
  readonly #accepted = new WeakMap<Message, Subscription[]>();

  constructor(pubsub: GossipSub) {
    this.#pubsub = pubsub;
    pubsub.addEventListener('message', ({ detail }) => {
      if (detail.type !== 'signed') return;
      for (const { listen } of this.#accepted.get(detail) ?? []) listen(asMessage(detail));
    });
  }

  subscribe(topic: string, subscription: Subscription): () => void {
    const all = this.#topics.get(topic) ?? new Set();
    this.#topics.set(topic, all.add(subscription));
    if (all.size === 1) {
      this.#pubsub.topicValidators.set(topic, (_, message) => this.#judge(all, message));
      this.#pubsub.subscribe(topic);
    }
    return () => {
      if (!all.delete(subscription) || all.size > 0) return;
      this.#topics.delete(topic);
      this.#pubsub.topicValidators.delete(topic);
      this.#pubsub.unsubscribe(topic);
    };
  }

  async publish(topic: string, bytes: Uint8Array): Promise<number> {
    const { recipients } = await this.#pubsub.publish(topic, bytes);
    return recipients.length;
  }

  /** The harshest judgement counts: what one of its listeners rejects is not passed on. */
  #judge(all: ReadonlySet<Subscription>, message: Message): TopicValidatorResult {
    if (message.type !== 'signed') return TopicValidatorResult.Reject;
    const heard = asMessage(message);
    const judged = [...all].map((one) => ({ one, judgement: one.judge(heard) }));
    this.#accepted.set(
      message,
      judged.filter(({ judgement }) => judgement === 'accept').map(({ one }) => one),
    );
    const harshest = (['reject', 'ignore'] as const).find((judgement) => judged.some((j) => j.judgement === judgement));
    return VERDICTS[harshest ?? 'accept'];
  }
}

const asMessage = (message: Message & { type: 'signed' }): TopicMessage => ({
  from: message.from.toString(),
  bytes: message.data,
});
