import type { CallParams } from '../../protocol/client';
import { decodeRequest, decodeResult, encodeRequest } from '../../protocol/codec';
import { fromWireError } from '../../protocol/errors';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { Params, RequestName, Result, WireRequest, WireResponse } from '../../protocol/messages';
import { MeshError } from '../errors';
import { encodeFrame } from '../frames';
import type { Schedule } from '../schedule';
import { Line } from './line';
import type { FrameStream } from './types';

const HELLO = { Hello: { v: 1 } };

interface ClientOptions {
  /** Opens one more stream to the node. @throws MeshError `unreachable` | … */
  connect: () => Promise<FrameStream>;
  schedule: Schedule;
}

/** What nobody's approval or long work stands before, so that no answer in time means that the node is not there. */
const QUICK: ReadonlySet<RequestName> = new Set<RequestName>([
  'Ping',
  'GetStatus',
  'GetIdentity',
  'MeshPeers',
  'GetMesh',
  'ListEntries',
  'GetEntry',
  'GetHeads',
  'ProveEntry',
  'ListKeys',
  'Witnesses',
  'ListPipelines',
  'ListRuns',
  'GetRun',
  'ListApprovals',
  'DecideApproval',
  'PreviewDecision',
  'ListSkills',
  'ListAuthors',
  'GetPolicies',
]);

/**
 * A node at the other end of streams. Each stream has one request under way, so answers need no numbers; as many streams
 * are opened as calls are made at once, and the rest waits.
 */
export class IpcClient {
  readonly #options: ClientOptions;
  readonly #idle = new Set<Line>();
  readonly #open = new Set<Line>();
  readonly #waiting = { quick: [] as Waiting[], slow: [] as Waiting[] };
  /** Streams there are and those that are being opened. */
  #lines = 0;
  /** Requests under way that may wait for a person: they leave a stream to what answers them. */
  #slow = 0;
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

  /**
   * A request as it crosses, and its answer.
   * @param signal ends the waiting, not the request
   * @throws MeshError as {@link call}
   */
  async request(request: WireRequest, signal?: AbortSignal): Promise<WireResponse> {
    const frame = encodeFrame(request);
    const quick = QUICK.has(decodeRequest(request)?.name as RequestName);
    const line = await this.#take(quick);
    let broken = false;
    const ms = MESH_LIMITS.callMs;
    const stop = quick ? this.#options.schedule(() => line.end(tooLate(ms)), ms) : undefined;
    const leave = (): void => line.end();
    signal?.addEventListener('abort', leave);
    try {
      if (signal?.aborted) throw closed();
      broken = true;
      const answer = await line.ask(frame);
      broken = false;
      return answer;
    } finally {
      stop?.();
      signal?.removeEventListener('abort', leave);
      if (!quick) this.#slow -= 1;
      this.#giveBack(line, broken);
    }
  }

  close(): void {
    this.#closed = true;
    for (const line of this.#open) line.end();
    for (const wait of [...this.#waiting.quick.splice(0), ...this.#waiting.slow.splice(0)]) wait();
  }

  async #take(quick: boolean): Promise<Line> {
    while (!this.#closed) {
      const most = MESH_LIMITS.ipcStreamsPerPeer;
      const [idle] = this.#idle;
      if ((quick || this.#slow < most - 1) && (idle || this.#lines < most)) {
        if (!quick) this.#slow += 1;
        if (!idle) return this.#connect(quick);
        this.#idle.delete(idle);
        return idle;
      }
      await new Promise<void>((resolve) => this.#waiting[quick ? 'quick' : 'slow'].push(resolve));
    }
    throw closed();
  }

  async #connect(quick: boolean): Promise<Line> {
    this.#lines += 1;
    try {
      const line = new Line(await this.#options.connect());
      this.#open.add(line);
      await this.#greet(line);
      return line;
    } catch (error) {
      this.#lines -= 1;
      if (!quick) this.#slow -= 1;
      this.#wake();
      throw error;
    }
  }

  /** Whoever may go on now; the quick ones first. */
  #wake(): void {
    this.#waiting.quick.shift()?.();
    this.#waiting.slow.shift()?.();
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
    if (broken || this.#closed) this.#drop(line);
    else {
      this.#idle.add(line);
      // The node may be made anew, or the way to it, while nobody asks.
      line.watch(() => this.#drop(line));
    }
    this.#wake();
  }

  #drop(line: Line): void {
    if (!this.#open.delete(line)) return;
    this.#idle.delete(line);
    this.#lines -= 1;
    line.end();
  }
}

type Waiting = () => void;

const closed = (): MeshError => new MeshError('stream_reset', 'The link to the node was closed.');
const tooLate = (ms: number): MeshError =>
  new MeshError('timeout', `The node did not answer within ${ms / 1_000} seconds.`, {
    advice: 'See whether it still runs, and ask again.',
  });
