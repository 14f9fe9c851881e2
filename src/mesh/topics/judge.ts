/** Judges messages on topics. Pure: a message, who signed it and the time give a judgement. */
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { Judgement } from '../types';
import { Conduct, type Offence } from './conduct';
import { epochOf, type EpochKeys, SEAL_BYTES } from './keys';
import { ReplayGuard } from './replay';

/** Milliseconds when the sender's life began, its number in that life, and when it was sent: three u48 in u64, little-endian. */
const STAMP_BYTES = 24;
export const MOST_PLAIN = MESH_LIMITS.topicBytes - SEAL_BYTES - STAMP_BYTES;

export interface Stamp {
  began: number;
  number: number;
  sent: number;
}

export function stamped({ began, number, sent }: Stamp, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(STAMP_BYTES + body.length);
  const view = new DataView(out.buffer);
  [began, number, sent].forEach((value, i) => view.setBigUint64(8 * i, BigInt(value), true));
  out.set(body, STAMP_BYTES);
  return out;
}

function readStamp(plain: Uint8Array): Stamp | undefined {
  if (plain.length < STAMP_BYTES) return undefined;
  const view = new DataView(plain.buffer, plain.byteOffset);
  const [began, number, sent] = [0, 8, 16].map((at) => Number(view.getBigUint64(at, true)));
  const all = [began!, number!, sent!];
  return all.every(Number.isSafeInteger) && number! > 0 ? { began: began!, number: number!, sent: sent! } : undefined;
}

export interface Verdict {
  judgement: Judgement;
  /** Why it was not accepted. */
  why?: Offence | 'stranger' | 'clock' | 'replay';
  /** The sender's offences are more than is borne. */
  drop?: boolean;
  /** What was said, when accepted. */
  body?: Uint8Array;
  sent?: number;
}

interface Member {
  conduct: Conduct;
  replay: ReplayGuard;
}

export class TopicJudge {
  readonly #isMember: (peer: string) => boolean;
  readonly #members = new Map<string, Member>();

  constructor(isMember: (peer: string) => boolean) {
    this.#isMember = isMember;
  }

  /** `keys` are those that `topic` belongs to; `now` in ms. */
  judge(keys: EpochKeys, topic: string, from: string, sealed: Uint8Array, now: number): Verdict {
    // Whoever just joined may be unknown here: that costs nobody anything, and nothing of it is read.
    if (!this.#isMember(from)) return { judgement: 'ignore', why: 'stranger' };
    const member = this.#member(from, now);
    const offend = (offence: Offence): Verdict => ({
      judgement: offence === 'flood' ? 'ignore' : 'reject',
      why: offence,
      drop: member.conduct.offend(offence, now),
    });
    if (!member.conduct.affords(sealed.length, now)) return offend('flood');
    if (sealed.length > MESH_LIMITS.topicBytes) return offend('too_long');
    // Another epoch's messages belong on another topic: its name follows from the key too.
    if (epochOf(sealed) !== keys.epoch) return offend('malformed');
    const plain = keys.open(topic, from, sealed);
    if (!plain) return offend('unsealed');
    const stamp = readStamp(plain);
    if (!stamp) return offend('malformed');
    if (Math.abs(stamp.sent - now) > MESH_LIMITS.topicClockMs) return { judgement: 'ignore', why: 'clock' };
    // Others can bring it again, so it is not the sender's offence.
    if (!member.replay.take(stamp.began, stamp.number)) return { judgement: 'ignore', why: 'replay' };
    return { judgement: 'accept', body: plain.subarray(STAMP_BYTES), sent: stamp.sent };
  }

  #member(peer: string, now: number): Member {
    let member = this.#members.get(peer);
    if (!member) this.#members.set(peer, (member = { conduct: new Conduct(now), replay: new ReplayGuard() }));
    return member;
  }
}
