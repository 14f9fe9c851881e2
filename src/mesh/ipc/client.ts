import type { CallParams } from '../../protocol/client';
import { decodeRequest, decodeResult, encodeRequest } from '../../protocol/codec';
import { fromWireError } from '../../protocol/errors';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { Params, RequestName, Result, WireRequest, WireResponse } from '../../protocol/messages';
import { MeshError } from '../errors';
import { encodeFrame, readFrames, type Frame } from '../frames';
import type { Schedule } from '../schedule';
import { AnswerReader } from './answers';
import type { FrameStream } from './types';

const HELLO = { Hello: { v: 1 } };

interface ClientOptions {
  /** Opens one more stream to the node. @throws MeshError `unreachable` | … */
  connect: () => Promise<FrameStream>;
  schedule: Schedule;
}

/** What waits for an answer without end: a person may have to say yes first. */
const PATIENT: ReadonlySet<RequestName> = new Set([
  'RunWasm',
  'RunSkill',
  'DelegateSkill',
  'ExportBundle',
  'VerifyLog',
  'QueryCore',
]);

/**
 * A node at the other end of streams. Each stream has one request under way, so answers need no numbers; as many streams
 * are opened as calls are made at once, and the rest waits.
 */
export class IpcClient {
  readonly #options: ClientOptions;
  readonly #idle: Line[] = [];
  readonly #open = new Set<Line>();
  readonly #waiting: ((line: Line | undefined) => void)[] = [];
  /** Streams there are and those that are being opened. */
  #lines = 0;
  #closed = false;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /**
   * @throws SovereignError with the node's own code; MeshError `unreachable`, `stream_reset`, `timeout`, `frame_too_long`,
   *   `frame_malformed`
   */
  async call<N extends RequestName>(name: N, ...params: CallParams<N>): Promise<Result<N>> {
    return decodeResult(name, await this.request(encodeRequest(name, params[0] as Params<N>)));
  }

  /** A request as it crosses, and its answer. @throws MeshError as {@link call} */
  async request(request: WireRequest): Promise<WireResponse> {
    const frame = encodeFrame(request);
    const patient = PATIENT.has(decodeRequest(request)?.name as RequestName);
    const line = await this.#take();
    let broken = true;
    const ms = MESH_LIMITS.callMs;
    const stop = patient ? undefined : this.#options.schedule(() => line.end(tooLate(ms)), ms);
    try {
      const answer = await line.ask(frame);
      broken = false;
      return answer;
    } finally {
      stop?.();
      this.#giveBack(line, broken);
    }
  }

  close(): void {
    this.#closed = true;
    for (const line of this.#open) line.end();
    for (const wait of this.#waiting.splice(0)) wait(undefined);
  }

  async #take(): Promise<Line> {
    if (this.#closed) throw closed();
    const idle = this.#idle.pop();
    if (idle) return idle;
    if (this.#lines >= MESH_LIMITS.ipcStreamsPerPeer) {
      const line = await new Promise<Line | undefined>((resolve) => this.#waiting.push(resolve));
      return line ?? this.#take();
    }
    this.#lines += 1;
    try {
      const line = new Line(await this.#options.connect());
      this.#open.add(line);
      await this.#greet(line);
      return line;
    } catch (error) {
      this.#lines -= 1;
      this.#waiting.shift()?.(undefined);
      throw error;
    }
  }

  async #greet(line: Line): Promise<void> {
    const stop = this.#options.schedule(() => line.end(tooLate(MESH_LIMITS.callMs)), MESH_LIMITS.callMs);
    try {
      const welcome = await line.ask(encodeFrame(HELLO));
      if (typeof welcome === 'object' && 'Error' in welcome) throw fromWireError(welcome.Error);
    } catch (error) {
      this.#open.delete(line);
      line.end();
      throw error;
    } finally {
      stop();
    }
  }

  #giveBack(line: Line, broken: boolean): void {
    if (broken || this.#closed) {
      this.#lines -= 1;
      this.#open.delete(line);
      line.end();
      this.#waiting.shift()?.(undefined);
      return;
    }
    const next = this.#waiting.shift();
    if (next) next(line);
    else this.#idle.push(line);
  }
}

/** One stream: a request, then its answer. */
class Line {
  readonly #stream: FrameStream;
  readonly #frames: AsyncGenerator<Frame, void, void>;
  readonly #answer = new AnswerReader();
  #why: MeshError | undefined;

  constructor(stream: FrameStream) {
    this.#stream = stream;
    this.#frames = readFrames(stream.incoming);
  }

  async ask(frame: Uint8Array): Promise<WireResponse> {
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
      const { value: frame } = await this.#frames.next().catch((error: unknown) => {
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

const closed = (): MeshError => new MeshError('stream_reset', 'The link to the node was closed.');
const lost = (): MeshError =>
  new MeshError('stream_reset', 'The node ended the link before it answered.', {
    advice: 'Ask again; whether the request was carried out, its log says.',
  });
const tooLate = (ms: number): MeshError =>
  new MeshError('timeout', `The node did not answer within ${ms / 1_000} seconds.`, {
    advice: 'See whether it still runs, and ask again.',
  });
