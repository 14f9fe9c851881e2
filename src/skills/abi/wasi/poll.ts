import { LIMITS } from '../../../protocol/limits';
import { clockOf } from './clock';
import { ERRNO, Refused, refused } from './errno';
import type { Program } from './fd-calls';
import { TYPE } from './tree';

const SUBSCRIPTION = 48;
const EVENT = 32;
const KIND = { clock: 0, read: 1, write: 2 } as const;
const ABSOLUTE = 1;

interface Event {
  userdata: bigint;
  kind: number;
  error: number;
  bytes: number;
}

/**
 * Files and streams are always ready. When only clocks are waited for, the virtual clock jumps to the earliest of them:
 * nothing waits, and a program that sleeps takes no time.
 */
export function poll(program: Program, subscriptions: number, events: number, count: number, out: number): void {
  const { guest, host } = program;
  const many = count >>> 0;
  if (many === 0) throw refused('inval');
  if (many * SUBSCRIPTION > 2 ** 32) throw refused('fault');
  const asked = guest.view(subscriptions, many * SUBSCRIPTION);
  guest.bytes(events, many * EVENT);
  guest.view(out, 4);
  if (many > LIMITS.skillVectors) throw refused('inval');
  host.moved(many * SUBSCRIPTION);

  const ready: Event[] = [];
  const clocks: (Event & { left: bigint })[] = [];
  for (let at = 0; at < many * SUBSCRIPTION; at += SUBSCRIPTION) {
    const userdata = asked.getBigUint64(at, true);
    const kind = asked.getUint8(at + 8);
    if (kind === KIND.clock) clocks.push(clockEvent(program, asked, at, userdata));
    else if (kind === KIND.read || kind === KIND.write)
      ready.push({ userdata, kind, ...readiness(program, asked.getUint32(at + 16, true), kind) });
    else throw refused('inval');
  }
  const wrong = clocks.filter(({ error }) => error !== 0);
  if (ready.length === 0 && wrong.length === 0) {
    const least = clocks.reduce((min, { left }) => (left < min ? left : min), clocks[0]!.left);
    if (least > 0n) host.sleep(least);
    ready.push(...clocks.filter(({ left }) => left <= least || left <= 0n));
  } else ready.push(...wrong, ...clocks.filter(({ left, error }) => error === 0 && left <= 0n));

  const written = guest.view(events, ready.length * EVENT);
  ready.forEach(({ userdata, kind, error, bytes }, i) => {
    const at = i * EVENT;
    new Uint8Array(written.buffer, written.byteOffset + at, EVENT).fill(0);
    written.setBigUint64(at, userdata, true);
    written.setUint16(at + 8, error, true);
    written.setUint8(at + 10, kind);
    written.setBigUint64(at + 16, BigInt(bytes), true);
  });
  guest.setU32(out, ready.length);
}

/** `left` is the time until it rings, in nanoseconds; past or present are 0 or less. */
function clockEvent(program: Program, asked: DataView, at: number, userdata: bigint): Event & { left: bigint } {
  const event = { userdata, kind: KIND.clock, error: 0, bytes: 0 };
  try {
    const now = clockOf(program, asked.getUint32(at + 16, true));
    const timeout = asked.getBigUint64(at + 24, true);
    return { ...event, left: asked.getUint16(at + 40, true) & ABSOLUTE ? timeout - now : timeout };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ...event, error: error.errno, left: 0n };
  }
}

function readiness({ open, streams }: Program, fd: number, kind: number): Pick<Event, 'error' | 'bytes'> {
  try {
    const { on, at } = open.get(fd);
    if (kind === KIND.write) return { error: 0, bytes: 0 };
    if (on === 'stdin') return { error: 0, bytes: streams.unread.length };
    const file = typeof on !== 'string' && on.type === TYPE.file;
    return { error: 0, bytes: file ? Math.max(0, on.size - at) : 0 };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { error: ERRNO.badf, bytes: 0 };
  }
}
