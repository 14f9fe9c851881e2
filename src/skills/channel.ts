/**
 * How a skill's worker waits for the world: it says what it wants over its port and blocks on shared memory, which its
 * supervisor fills with the answer. Answers longer than the channel come in pieces, each of them asked for (`more`).
 */
import { fromUtf8, utf8 } from '../crypto';
import type { Answer, FromWorker } from './wire';

const PIECE = 65_536;
/** 32-bit words at the head: `FULL` or not, the piece's bytes, the bytes after it, whether it is an error. */
const HEAD = 4;
const [STATE, LENGTH, REST, FAILED] = [0, 1, 2, 3];
const EMPTY = 0;
const FULL = 1;

export const createChannel = (): SharedArrayBuffer => new SharedArrayBuffer(HEAD * 4 + PIECE);

const headOf = (channel: SharedArrayBuffer) => new Int32Array(channel, 0, HEAD);
const pieceOf = (channel: SharedArrayBuffer) => new Uint8Array(channel, HEAD * 4);

/** The supervisor's end. */
export class Filler {
  readonly #channel: SharedArrayBuffer;
  #rest: Uint8Array = new Uint8Array();
  #failed = false;

  constructor(channel: SharedArrayBuffer) {
    this.#channel = channel;
  }

  answer(answer: Answer): void {
    this.#failed = 'error' in answer;
    this.#rest = 'error' in answer ? utf8(answer.error) : answer.response;
    this.more();
  }

  /** The next piece. */
  more(): void {
    const piece = this.#rest.subarray(0, PIECE);
    this.#rest = this.#rest.subarray(PIECE);
    pieceOf(this.#channel).set(piece);
    const head = headOf(this.#channel);
    head[LENGTH] = piece.length;
    head[REST] = this.#rest.length;
    head[FAILED] = this.#failed ? 1 : 0;
    Atomics.store(head, STATE, FULL);
    Atomics.notify(head, STATE);
  }
}

/** The worker's end: blocks until the answer is there. Only ending the worker ends a wait that nobody answers. */
export function callThrough(
  channel: SharedArrayBuffer,
  post: (message: FromWorker) => void,
  name: string,
  request: Uint8Array<ArrayBuffer>,
): Answer {
  const head = headOf(channel);
  let answer = new Uint8Array();
  let filled = 0;
  post({ type: 'call', name, request });
  for (;;) {
    Atomics.wait(head, STATE, EMPTY);
    const [, length = 0, rest = 0, failed] = head;
    if (filled === 0) answer = new Uint8Array(length + rest);
    answer.set(pieceOf(channel).subarray(0, length), filled);
    filled += length;
    Atomics.store(head, STATE, EMPTY);
    if (rest === 0) return failed ? { error: fromUtf8(answer) } : { response: answer };
    post({ type: 'more' });
  }
}
