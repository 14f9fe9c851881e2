import type { Executor } from '../../governance';
import type { JsonObject } from '../../protocol/json';
import type { BlobStore } from '../../storage';
import type { ContentWanted, FetchContent } from '../fetching';
import { parseArgs } from './args';
import type { EffectDoor } from './door';
import { EffectError } from './errors';

type Options = Parameters<FetchContent>[1];

/** Brings content that a SHA-256 names into this node's store. What is there already is asked of nobody. */
export function contentExecutor(door: EffectDoor, blobs: BlobStore, fetch: FetchContent): Executor {
  const underWay = new Map<string, Promise<unknown>>();

  async function bringAlone(wanted: ContentWanted, options: Options): Promise<JsonObject> {
    const { sha256 } = wanted;
    const held = await blobs.get(sha256);
    if (held) return { sha256, bytes: held.length, from: [] };
    const { bytes, from } = await fetch(wanted, options);
    return { sha256, bytes, from: [...from].sort() };
  }

  async function bring(wanted: ContentWanted, options: Options): Promise<JsonObject> {
    const { sha256 } = wanted;
    // Two that fetch the same would write over each other's parts: the second finds what the first brought.
    while (underWay.has(sha256)) await underWay.get(sha256)!.catch(() => undefined);
    options.signal.throwIfAborted();
    const bringing = bringAlone(wanted, options).finally(() => underWay.delete(sha256));
    underWay.set(sha256, bringing);
    return bringing;
  }

  return {
    audience: 'content',
    async execute(order, args, { signal, onProgress }) {
      await door.check(order, 'content', 'fetch_content', args);
      const { sha256, max_bytes: maxBytes, peers } = parseArgs('fetch_content', args);
      if (order.resource.id !== sha256) throw new EffectError('wrong_effect', 'The order is about other content.');
      const tell = (done: number, total: number): void => {
        if (total > 0) onProgress?.(Math.floor((1000 * done) / total), `${done} of ${total} bytes`);
      };
      try {
        return await bring({ sha256, maxBytes, peers }, { signal, onProgress: tell });
      } catch (cause) {
        if (!signal.aborted) throw cause;
        throw new EffectError('cancelled', 'The fetch was stopped. What came so far is kept.', { cause });
      }
    },
  };
}
