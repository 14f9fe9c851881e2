/** Fetches content by its SHA-256 from members: from several at once, verified as it comes, resumed where it stopped. */
import { fromHex } from '../../crypto';
import { inTurn } from '../../protocol/in-turn';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { MeshError, type MeshCode } from '../errors';
import { FramedStream } from '../framed';
import type { Schedule } from '../schedule';
import type { Mesh } from '../types';
import { Download } from './download';
import { doneOf, Partial, type ContentStore } from './partial';
import { CONTENT, Have, stateBytes, WORD_BYTES } from './wire';

export interface ContentRequest {
  mesh: Mesh;
  /** Whom to ask: those that may have it. At most `contentPeers` of them are asked. */
  peers: readonly string[];
  sha256: string;
  /** More is refused before it is fetched. */
  maxBytes: number;
  store: ContentStore;
  schedule: Schedule;
  signal?: AbortSignal;
  /** Verified bytes, of how many. */
  onProgress?: (done: number, total: number) => void;
  /** A member sent what is not the content, which honest ones cannot. */
  onLiar?: (peer: string) => void;
}

/**
 * Resolves when the content is in `store.blobs`, with its length and who gave of it. Stopped or failed, what was verified
 * stays, and the next fetch goes on from there.
 *
 * @throws MeshError `unreachable` when nobody has it or nobody is left, `frame_too_long` past `maxBytes`,
 *   `digest_mismatch` when all that had it lied; StorageError; the signal's reason.
 */
export async function fetchContent(request: ContentRequest): Promise<{ bytes: number; from: string[] }> {
  const { store, sha256 } = request;
  const digest = fromHex(sha256);
  if (digest?.length !== 32) throw new RangeError('a SHA-256 has 64 hex digits');
  request.signal?.throwIfAborted();
  const { partial, progress } = await Partial.open(store, sha256);
  const fetching = new Fetching(request, new Download(digest, progress), partial);
  return fetching.run();
}

/** Lets go of what an unfinished fetch left. */
export async function abandonContent(store: ContentStore, sha256: string): Promise<void> {
  const { partial } = await Partial.open(store, sha256);
  await partial.drop();
}

/** What asking again does not change. */
const FINAL: ReadonlySet<MeshCode> = new Set(['refused', 'protocol_refused', 'not_a_member', 'frame_too_long']);

class Fetching {
  readonly #request: ContentRequest;
  readonly #download: Download;
  readonly #partial: Partial;
  readonly #storing = inTurn();
  readonly #givers = new Set<string>();
  readonly #liars = new Set<string>();
  readonly #streams = new Set<FramedStream>();
  /** The store failed, or the content is too long: no other member can help. */
  #fatal: { error: unknown } | undefined;
  #wake: (() => void)[] = [];

  constructor(request: ContentRequest, download: Download, partial: Partial) {
    this.#request = request;
    this.#download = download;
    this.#partial = partial;
  }

  async run(): Promise<{ bytes: number; from: string[] }> {
    const { peers, signal } = this.#request;
    const stop = (): void => this.#end();
    signal?.addEventListener('abort', stop);
    const asked = [...new Set(peers)].slice(0, MESH_LIMITS.contentPeers);
    const failures = await Promise.all(asked.map((peer) => this.#work(peer)));
    signal?.removeEventListener('abort', stop);
    signal?.throwIfAborted();
    if (this.#fatal) throw this.#fatal.error;
    if (!this.#download.isDone) throw this.#failed(failures);
    const bytes = this.#download.bytes!;
    await this.#partial.finish(bytes);
    return { bytes, from: [...this.#givers] };
  }

  /** One member, until it is done or given up. @returns why it was given up */
  async #work(peer: string): Promise<MeshError | undefined> {
    for (let tries = 0; ; tries++) {
      const before = this.#download.progress?.left;
      try {
        await this.#session(peer);
        return undefined;
      } catch (error) {
        this.#download.lose(peer);
        this.#stir();
        if (this.#isOver || !(error instanceof MeshError)) {
          if (!this.#isOver) this.#fail(error);
          return undefined;
        }
        if (error.code === 'digest_mismatch' || error.code === 'frame_malformed') this.#blame(peer);
        if (this.#liars.has(peer) || FINAL.has(error.code)) return error;
        if (this.#givers.has(peer) && before !== this.#download.progress?.left) tries = 0;
        if (tries + 1 >= MESH_LIMITS.contentTries) return error;
        await this.#pause(MESH_LIMITS.contentRetryMs * 2 ** tries);
        if (this.#isOver) return undefined;
      }
    }
  }

  async #session(peer: string): Promise<void> {
    const { mesh, sha256, schedule, signal } = this.#request;
    const stream = await mesh.open(peer, CONTENT, signal ? { signal } : {});
    const framed = new FramedStream(stream, { schedule, ms: MESH_LIMITS.contentMs });
    this.#streams.add(framed);
    try {
      if (this.#isOver) return stream.reset();
      await framed.sendJson({ v: 1, sha256 });
      const { bytes } = await framed.needJson(Have, WORD_BYTES);
      if (bytes === null) throw new MeshError('refused', 'the member does not have it');
      this.#checkSize(bytes);
      const states = await framed.need(stateBytes(bytes));
      if (states.length !== stateBytes(bytes)) throw new MeshError('frame_malformed', 'states are missing');
      this.#download.offer(peer, { bytes, states });
      await this.#chunks(framed, peer);
      await stream.close();
    } catch (error) {
      stream.reset();
      throw error;
    } finally {
      this.#streams.delete(framed);
    }
  }

  async #chunks(framed: FramedStream, peer: string): Promise<void> {
    const asked: number[] = [];
    while (!this.#isOver) {
      // Until a length is proven there is one chunk to ask for, and no other.
      const most = this.#download.bytes === undefined ? 1 : MESH_LIMITS.contentAhead;
      const next = asked.length < most ? this.#download.ask(peer, asked.length === 0) : undefined;
      if (next !== undefined) {
        asked.push(next);
        await framed.sendJson({ chunk: next });
        continue;
      }
      const index = asked.shift();
      if (index === undefined) {
        // All that is left was asked of others: they may fail yet.
        await new Promise<void>((resolve) => this.#wake.push(resolve));
        if (this.#liars.has(peer)) throw new MeshError('digest_mismatch', 'what the member sent was not the content');
        continue;
      }
      const bytes = await framed.need(MESH_LIMITS.contentChunkBytes);
      if (this.#liars.has(peer)) throw new MeshError('digest_mismatch', 'what the member sent was not the content');
      await this.#take(peer, index, bytes);
    }
  }

  async #take(peer: string, index: number, bytes: Uint8Array): Promise<void> {
    const { verified, liars } = this.#download.take(peer, { index, bytes });
    this.#givers.add(peer);
    for (const liar of liars) this.#blame(liar);
    const progress = this.#download.progress!;
    if (verified.length > 0) {
      const { onProgress } = this.#request;
      await this.#storing(async () => {
        for (const chunk of verified) await this.#partial.add(chunk, progress.bytes);
      }).catch((error: unknown) => this.#fail(error));
      onProgress?.(doneOf(progress), progress.bytes);
    }
    if (this.#download.isDone) this.#end();
    else this.#stir();
  }

  #checkSize(bytes: number): void {
    const { maxBytes } = this.#request;
    if (bytes <= Math.min(maxBytes, MESH_LIMITS.contentBytes)) return;
    throw new MeshError('frame_too_long', `the content has ${bytes} bytes, and ${maxBytes} were allowed`);
  }

  get #isOver(): boolean {
    return this.#fatal !== undefined || this.#download.isDone || this.#request.signal?.aborted === true;
  }

  #blame(peer: string): void {
    if (this.#liars.has(peer)) return;
    this.#liars.add(peer);
    this.#givers.delete(peer);
    this.#request.onLiar?.(peer);
    this.#stir();
  }

  #fail(error: unknown): void {
    this.#fatal ??= { error };
    this.#end();
  }

  /** Nothing more is to come: whoever waits for a member need not. */
  #end(): void {
    for (const { stream } of this.#streams) stream.reset();
    this.#stir();
  }

  #stir(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }

  async #pause(ms: number): Promise<void> {
    let cancel = (): void => undefined;
    const over = new Promise<void>((resolve) => (cancel = this.#request.schedule(resolve, ms)));
    for (let isLate = false; !isLate && !this.#isOver;) {
      const stirred = new Promise<false>((resolve) => this.#wake.push(() => resolve(false)));
      isLate = await Promise.race([over.then(() => true), stirred]);
    }
    cancel();
  }

  #failed(failures: readonly (MeshError | undefined)[]): MeshError {
    const codes = failures.map((failure) => failure?.code ?? 'unreachable');
    const code = (['frame_too_long', 'digest_mismatch'] as const).find((each) => codes.includes(each)) ?? 'unreachable';
    return new MeshError(code, 'no member that was asked could give the content', {
      advice: 'Try again when a member that has it is there: what came so far is kept.',
      details: { codes },
    });
  }
}
