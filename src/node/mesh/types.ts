import type { AuditLog } from '../../audit';
import type { Signer } from '../../crypto';
import type { Mesh, MeshOptions, RelayedMesh } from '../../mesh';
import type { RtcConnection } from '../../mesh/nearby';
import type { Clock, Random } from '../../protocol/runtime';
import type { RecordStore } from '../../storage';
import type { Schedule } from '../supervisor';
import type { Fetch } from '../witness';
import type { BookDeps, MemberBook } from './book';
import type { MemberApprovals } from './approvals';
import type { Heads } from './heads';
import type { Talk } from './talk';

/** How this realm joins a mesh: over relays, and directly where it can. */
export interface MeshRealm {
  open(options: Omit<MeshOptions, 'direct'>): Promise<RelayedMesh>;
  /** A connection for a link by codes, where this realm has them. */
  connect?(): Promise<RtcConnection>;
  /** Whether it can link to members directly. */
  readonly direct: boolean;
}

export interface NodeMeshDeps {
  log: AuditLog;
  records: RecordStore;
  /** The node key in force. */
  signer: () => Signer;
  /** 32 bytes for one use, of the identity's root; see IdentityService. */
  secret: (use: string) => Promise<Uint8Array<ArrayBuffer>>;
  /** Four words of a key's fingerprint. */
  words: (publicKey: Uint8Array) => string;
  realm: MeshRealm;
  /** How relays are asked to serve a network. */
  fetch: Fetch;
  clock: Clock;
  random: Random;
  schedule: Schedule;
  /** What {@link NodeMesh.view} tells is another. */
  changed: () => void;
  /** The mesh cannot be kept open: for the supervisor. */
  failed: (error: unknown) => void;
  /** Others came or went. */
  members: BookDeps['members'];
  /** What members can ask of this node, and this node of them, while the mesh is open. */
  serve: (open: OpenMesh) => Promise<Served>;
}

export interface Served {
  talk: Talk;
  heads: Heads;
  approvals: MemberApprovals;
  /** Ends all of it. */
  stop: () => Promise<void>;
}

export interface OpenMesh {
  mesh: Mesh;
  book: MemberBook;
  isMember: (peer: string) => boolean;
}
