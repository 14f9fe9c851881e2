import type { Clock, Random } from '../protocol/runtime';
import type { Cedar } from '../policy';
import type { MeshStream } from '../mesh/types';
import type { Storage } from '../storage/types';
import type { DeviceKey, DeviceTraits, PasskeyPrf } from '../identity/types';
import type { SkillRunner } from '../skills/types';
import type { NodeEvent, NodeStatus, WireRequest, WireResponse } from '../protocol/messages';
import type { WireError } from '../protocol/errors';
import type { MeshRealm } from './mesh/types';
import type { Schedule } from './supervisor';
import type { Fetch } from './witness';

export type { DeviceKey } from '../identity/types';

/**
 * Everything a node needs from its realm. The SharedWorker and the terminal hand in different adapters; the node behind
 * them is the same.
 */
export interface NodeOptions {
  realm: NodeStatus['realm'];
  version: string;
  build: string;
  /** Opened lazily, so that a store that cannot be opened is a halt and not a crash. */
  openStorage(): Promise<Storage>;
  /** Wraps the root secret while the owner has not sealed it; see src/identity. */
  deviceKey: DeviceKey;
  traits: DeviceTraits;
  clock: Clock;
  random: Random;
  /** `@cedar-policy/cedar-wasm` as this realm loads it, ready to call. */
  loadCedar(): Promise<Cedar>;
  skills: SkillRunner;
  assets: Assets;
  passkey?: PasskeyPrf;
  /** Whether the platform keeps the store until its owner deletes it, and how to ask for that. Default: it does. */
  persisted?: () => Promise<boolean>;
  persist?: () => Promise<boolean>;
  /** How the realm reads a link that its owner gave. Without it there is no network. */
  fetch?: Fetch;
  /** How witnesses are reached. Without it none is. */
  witnessing?: {
    fetch: Fetch;
    /** Address of the server that serves the app: the first witness, unless the owner chooses others. */
    server?: string;
  };
  /** How members of a mesh are reached. Without it there is none. */
  mesh?: MeshRealm;
  /** Deletes every trace of the node in this realm, storage and device key. */
  erase(): Promise<void>;
  /** Timers, for retry and back-off. Default: setTimeout. */
  schedule?: Schedule;
}

/** What ships with the build. */
export interface Assets {
  /** `skills/manifest.json`, `skills/<sha256>.wasm`, `datasets/<file>`, `pipelines/<name>.yaml`; undefined when there is none. */
  read(path: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** The node as its realm's entry file sees it. */
export interface SovereignNode {
  /** Boots: resolves once `ready`, `locked` or `halted` (see GetStatus); never rejects. */
  start(): Promise<void>;
  request(request: WireRequest): Promise<WireResponse>;
  /** A caller of its own, with its own bound on requests under way. */
  session(): (request: WireRequest) => Promise<WireResponse>;
  putBlob(bytes: Uint8Array): Promise<{ Ok: string } | { Error: WireError }>;
  getBlob(sha256: string): Promise<{ Ok: Uint8Array } | { Error: WireError }>;
  /** A stream to ask a member's node over, as the device that this node is. @throws MeshError, NodeError */
  control(peer: string): Promise<MeshStream>;
  subscribe(listener: (event: NodeEvent) => void): () => void;
  /** How many tabs lend their host now. */
  hostsChanged(count: number): void;
  /** Another version took the writer's role: stops everything and says 'reload needed'. */
  giveUp(): void;
  /** Lets go of the log and the store. Crash-only: never needed for safety. */
  stop(): Promise<void>;
}
