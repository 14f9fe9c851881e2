/** What this node asks of members, while the mesh is open. */
import { MeshError, type MeshStream } from '../../mesh';
import { delegate } from '../../mesh/delegate';
import { fetchContent } from '../../mesh/exchange';
import { IPC_PROTOCOL } from '../../mesh/ipc';
import { fetchWitness } from '../../mesh/witness';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { Storage } from '../../storage';
import type { Delegate, FetchContent } from '../fetching';
import type { Schedule } from '../supervisor';
import type { Heads } from './heads';
import type { OpenMesh } from './types';

interface TalkParts {
  schedule: Schedule;
  storage: Pick<Storage, 'blobs' | 'records'>;
  heads: Pick<Heads, 'isForked' | 'cosigned'>;
}

export class Talk {
  readonly #open: OpenMesh;
  readonly #parts: TalkParts;
  /** By peer id: inputs of the runs that it is asked for now. */
  readonly #offered = new Map<string, string[]>();

  constructor(open: OpenMesh, parts: TalkParts) {
    this.#open = open;
    this.#parts = parts;
  }

  /** A stream to ask a member's node over. @throws MeshError `unreachable` | `protocol_refused` */
  control(peer: string): Promise<MeshStream> {
    return this.#open.mesh.open(peer, IPC_PROTOCOL);
  }

  /** As `fetch`, of a member that witnesses. @throws MeshError */
  fetchWitness(url: string, init: RequestInit): Promise<Response> {
    return fetchWitness({ mesh: this.#open.mesh, schedule: this.#parts.schedule }, url, init);
  }

  /** A member that sends what is not the content is dropped, and the log says why. @throws MeshError */
  fetchContent: FetchContent = async ({ sha256, maxBytes, peers }, { signal, onProgress }) => {
    const { mesh } = this.#open;
    const { schedule, storage: store } = this.#parts;
    const onLiar = (peer: string): void => this.#drop(peer, 'it sent what is not the content that was asked for');
    const asked = this.#whom(peers);
    for (let at = 0; ; at += MESH_LIMITS.contentPeers) {
      const some = asked.slice(at, at + MESH_LIMITS.contentPeers);
      try {
        return await fetchContent({
          ...{ mesh, peers: some, sha256, maxBytes, store, schedule },
          ...{ signal, onProgress, onLiar },
        });
      } catch (error) {
        // Those after them may have it.
        const isLast = at + MESH_LIMITS.contentPeers >= asked.length;
        if (isLast || !(error instanceof MeshError) || error.code !== 'unreachable') throw error;
      }
    }
  };

  /** Whether this member may have it now: it is the input of what it is asked to do. */
  isOffered(sha256: string, peer: string): boolean {
    return this.#offered.get(peer)?.includes(sha256) === true;
  }

  /**
   * Has a member run a skill. Of a log that shows two pasts nothing is believed, and of one that is known, nothing that
   * does not go on from there. @throws MeshError
   */
  delegate: Delegate = async (wanted, options) => {
    const { mesh } = this.#open;
    const { schedule, heads } = this.#parts;
    const { member: peer, inputSha256 } = wanted;
    this.#whom([peer]);
    if (heads.isForked(peer)) {
      throw new MeshError('digest_mismatch', 'This device has shown two different logs, and is not believed.', {
        advice: 'Remove the device. It can come back under another node key.',
      });
    }
    const known = heads.cosigned(peer);
    const offered = this.#offered.get(peer) ?? [];
    this.#offered.set(peer, offered);
    offered.push(inputSha256);
    try {
      const { run, evidence } = await delegate({ ...{ mesh, schedule, peer, known }, ...wanted, ...options });
      return { run, evidence, knownSize: known?.size ?? 0 };
    } finally {
      offered.splice(offered.indexOf(inputSha256), 1);
      if (offered.length === 0 && this.#offered.get(peer) === offered) this.#offered.delete(peer);
    }
  };

  /** @throws MeshError `not_a_member`, `unreachable` */
  #whom(named: readonly string[]): readonly string[] {
    const { mesh, isMember } = this.#open;
    const stranger = named.find((peer) => peer === mesh.self || !isMember(peer));
    if (stranger !== undefined) {
      throw new MeshError('not_a_member', 'There is no such other member in this mesh.', {
        advice: 'Choose one of the members, or ask all of them.',
      });
    }
    if (named.length > 0) return named;
    const linked = mesh.peers().filter(({ peer, link }) => link !== 'none' && isMember(peer));
    if (linked.length > 0) return linked.map(({ peer }) => peer);
    throw new MeshError('unreachable', 'No other member is connected.', {
      advice: 'Open the app on a device of this mesh that has it.',
    });
  }

  #drop(peer: string, reason: string): void {
    void this.#open.mesh.drop(peer, reason).catch(() => undefined);
    // Where even the log fails the node has more to tell than this.
    void this.#open.book.dropped(peer, reason).catch(() => undefined);
  }
}
