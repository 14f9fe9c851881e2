/** What of a content is here already, durably, in segments from its end on. */
import * as v from 'valibot';
import { concat, fromHex, hex } from '../../crypto';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { blobName } from '../../storage';
import type { BlobStore, RecordStore } from '../../storage';
import { MeshError } from '../errors';
import { chunksOf } from './chain';
import type { Progress, Verified } from './download';

const PREFIX = 'mesh/fetch/';
const SEGMENT = MESH_LIMITS.contentSegmentChunks;
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const Stored = v.strictObject({
  bytes: count,
  left: count,
  target: sha256,
  /** The last segment first. `own`: nothing else had stored the same bytes, so they go when the whole is here. */
  segments: v.array(v.strictObject({ sha256, own: v.boolean() })),
});

export interface ContentStore {
  blobs: BlobStore;
  records: RecordStore;
}

export class Partial {
  readonly #store: ContentStore;
  readonly #name: string;
  #segments: { sha256: string; own: boolean }[] = [];
  /** Verified chunks of the segment that is being filled, the last first. */
  #chunks: Uint8Array[] = [];

  private constructor(store: ContentStore, name: string) {
    this.#store = store;
    this.#name = name;
  }

  /** What an earlier fetch left. A record that cannot be used, or whose segments are gone, counts as none. */
  static async open(store: ContentStore, name: string): Promise<{ partial: Partial; progress: Progress | undefined }> {
    const partial = new Partial(store, name);
    const stored = v.safeParse(Stored, await store.records.get(PREFIX + name));
    if (!stored.success) return { partial, progress: undefined };
    const { bytes, left, target, segments } = stored.output;
    partial.#segments = segments;
    const held = await Promise.all(segments.map((segment) => store.blobs.has(segment.sha256)));
    if (!held.every(Boolean)) {
      await partial.drop();
      return { partial, progress: undefined };
    }
    return { partial, progress: { bytes, left, target: fromHex(target)! } };
  }

  /** Keeps a verified chunk of content of `total` bytes; they come from the end on. */
  async add({ index, bytes, target }: Verified, total: number): Promise<void> {
    this.#chunks.push(bytes);
    // The first segment completes the whole: it is not stored for itself.
    if (index % SEGMENT !== 0 || index === 0) return;
    const segment = concat(...this.#chunks.reverse());
    this.#chunks = [];
    const { blobs, records } = this.#store;
    const own = !(await blobs.has(await blobName(segment)));
    this.#segments.push({ sha256: await blobs.put(segment), own });
    const stored = {
      bytes: total,
      left: index,
      target: hex(target),
      segments: this.#segments.map((each) => ({ ...each })),
    };
    await records.commit(new Map([[PREFIX + this.#name, stored]]));
  }

  /** Joins everything, stores it under its name, and lets go of the parts. @throws MeshError `digest_mismatch` */
  async finish(bytes: number): Promise<void> {
    const { blobs } = this.#store;
    const whole = new Uint8Array(bytes);
    let at = 0;
    const put = (part: Uint8Array): void => {
      whole.set(part, at);
      at += part.length;
    };
    for (const chunk of this.#chunks.reverse()) put(chunk);
    for (const { sha256: name } of this.#segments.toReversed()) {
      const segment = await blobs.get(name);
      if (!segment) throw new MeshError('digest_mismatch', 'a part of the content is no longer in the store');
      put(segment);
    }
    if ((await blobs.put(whole)) !== this.#name)
      throw new MeshError('digest_mismatch', 'the parts are not the content');
    await this.drop();
  }

  /** Lets go of what was fetched so far. */
  async drop(): Promise<void> {
    await this.#store.records.commit(new Map([[PREFIX + this.#name, undefined]]));
    for (const { sha256: name, own } of this.#segments) if (own) await this.#store.blobs.delete(name);
    this.#segments = [];
    this.#chunks = [];
  }
}

/** Bytes of `progress` that are verified. */
export const doneOf = ({ bytes, left }: Progress): number =>
  left >= chunksOf(bytes) ? 0 : bytes - left * MESH_LIMITS.contentChunkBytes;
