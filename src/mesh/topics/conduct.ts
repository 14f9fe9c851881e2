/** How one member behaves on topics: how much it sends, and what it should not have sent. */
import { MESH_LIMITS } from '../../protocol/mesh-limits';

const { topicMessagesPerSecond: MESSAGES, topicBytesPerSecond: BYTES, topicBurstSeconds: BURST } = MESH_LIMITS;

/** What an offence weighs. Each is the sender's own doing: its signature is on the message. */
export const OFFENCES = {
  malformed: 20,
  too_long: 20,
  unsealed: 20,
  flood: 1,
} as const;
export type Offence = keyof typeof OFFENCES;

export class Conduct {
  #messages: number = MESSAGES * BURST;
  #bytes: number = BYTES * BURST;
  #filledAt: number;
  #score = 0;
  #scoredAt: number;

  constructor(now: number) {
    this.#filledAt = now;
    this.#scoredAt = now;
  }

  /** Whether a message of so many bytes is still within what one sender may send. */
  affords(bytes: number, now: number): boolean {
    const seconds = Math.max(0, now - this.#filledAt) / 1000;
    this.#filledAt = now;
    this.#messages = Math.min(MESSAGES * BURST, this.#messages + seconds * MESSAGES);
    this.#bytes = Math.min(BYTES * BURST, this.#bytes + seconds * BYTES);
    if (this.#messages < 1 || this.#bytes < bytes) return false;
    this.#messages -= 1;
    this.#bytes -= bytes;
    return true;
  }

  /** Whether it is to be dropped for this one, with all that went before. */
  offend(offence: Offence, now: number): boolean {
    const halves = Math.max(0, now - this.#scoredAt) / MESH_LIMITS.topicForgetMs;
    this.#score = this.#score * 2 ** -halves + OFFENCES[offence];
    this.#scoredAt = now;
    return this.#score >= MESH_LIMITS.topicOffences;
  }
}
