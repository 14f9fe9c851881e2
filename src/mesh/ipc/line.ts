import type { WireResponse } from '../../protocol/messages';
import { MeshError } from '../errors';
import { readFrames, type Frame } from '../frames';
import { AnswerReader } from './answers';
import type { FrameStream } from './types';

/** One stream: a request, then its answer. */
export class Line {
  readonly #stream: FrameStream;
  readonly #frames: AsyncGenerator<Frame, void, void>;
  readonly #answer = new AnswerReader();
  /** What comes next, read before anybody has asked. */
  #early: Promise<IteratorResult<Frame, void>> | undefined;
  #idle = false;
  #why: MeshError | undefined;

  constructor(stream: FrameStream) {
    this.#stream = stream;
    this.#frames = readFrames(stream.incoming);
  }

  /** @param gone the stream ended, or said something, before the next request */
  watch(gone: () => void): void {
    const early = this.#frames.next();
    this.#early = early;
    this.#idle = true;
    const tell = (): void => {
      if (this.#idle) gone();
    };
    early.then(tell, tell);
  }

  async ask(frame: Uint8Array): Promise<WireResponse> {
    this.#idle = false;
    try {
      await this.#stream.write(frame);
    } catch (error) {
      // Who refuses a stream says why and closes it, maybe before our frame is through.
      if (this.#why) throw this.#why;
      return this.#next().catch(() => Promise.reject(error instanceof Error ? error : lost()));
    }
    return this.#next();
  }

  async #next(): Promise<WireResponse> {
    for (;;) {
      const next = this.#early ?? this.#frames.next();
      this.#early = undefined;
      const { value: frame } = await next.catch((error: unknown) => {
        throw this.#why ?? error;
      });
      if (!frame) throw this.#why ?? lost();
      if ('error' in frame) throw frame.error;
      const answer = this.#answer.take(frame.value);
      if (answer !== undefined) return answer;
    }
  }

  end(why?: MeshError): void {
    this.#why ??= why;
    this.#stream.reset();
  }
}

const lost = (): MeshError =>
  new MeshError('stream_reset', 'The node ended the link before it answered.', {
    advice: 'Ask again; whether the request was carried out, its log says.',
  });
