import { LIMITS } from '../../protocol/limits';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { Result } from '../../protocol/messages';
import { parseManifest } from '../../registry';
import type { Handlers } from '../dispatch';
import { packageView } from '../installs';
import type { Machine } from '../node';
import type { Running } from '../running';
import { NamedCalls, type Tell } from './calls';
import { views } from '../run-acts';

type ContentHandlers = Pick<Handlers, 'FetchContent' | 'FetchPackage' | 'StopFetch'>;

/** Content by its hash, from members of the mesh. */
export function contentHandlers(machine: Machine, running: () => Running): ContentHandlers {
  const calls = new NamedCalls('content', {
    schedule: machine.schedule,
    tell: (event) => machine.events.emit(event),
  });
  return {
    FetchContent: ({ sha256, max_bytes: maxBytes = MESH_LIMITS.contentBytes, peers = [], call }) =>
      calls.during(call, (tell, signal) => fetch(running(), { sha256, maxBytes, peers }, tell, signal)),
    FetchPackage: ({ manifest, peers = [], call }) =>
      calls.during(call, async (tell, signal) => {
        const node = running();
        const { blobs } = node.storage;
        const bring = async (sha256: string, maxBytes: number): Promise<void> => {
          if (!(await blobs.has(sha256))) await fetch(node, { sha256, maxBytes, peers }, tell, signal);
        };
        await bring(manifest, LIMITS.manifestBytes);
        // Read before its module is fetched: bytes of this hash need not be a manifest.
        const { sha256 } = parseManifest((await blobs.get(manifest))!);
        await bring(sha256, LIMITS.skillBytes);
        return packageView(views(node), manifest);
      }),
    StopFetch: ({ call }) => Promise.resolve(calls.stop(call)),
  };
}

async function fetch(
  node: Running,
  { sha256, maxBytes, peers }: { sha256: string; maxBytes: number; peers: readonly string[] },
  tell: Tell,
  signal: AbortSignal | undefined,
): Promise<Result<'FetchContent'>> {
  const { result } = await node.asOwner(
    {
      action: 'fetch_content',
      resource: { type: 'Content', id: sha256 },
      args: { sha256, max_bytes: maxBytes, peers: [...peers] },
      context: {},
    },
    {
      ...(signal ? { signal } : {}),
      onPending: () => tell('waiting'),
      onAuthorized: () => tell('running'),
      onProgress: (permille, note) => tell('running', permille, note),
    },
  );
  return result as Result<'FetchContent'>;
}
