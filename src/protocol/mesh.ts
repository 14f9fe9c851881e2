/** What a node tells of its mesh and what it can be asked about it. */
import type { PendingApproval } from '../governance/types';
import type { MeshPeer } from '../mesh/types';
import { MESH_LIMITS } from './mesh-limits';

/** The keeper, of whom there is one, invites and removes; a deputy may take his place; every member takes part. */
export type MemberRole = 'keeper' | 'deputy' | 'member';

/**
 * What a person may be shown of another's making: something to see, no control characters, and nothing that turns the
 * direction of what stands beside it.
 */
export const isDeviceName = (name: string): boolean =>
  /^(?=.*[\p{L}\p{N}])[^\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]+$/u.test(name) &&
  name.trim() === name &&
  new TextEncoder().encode(name).length <= MESH_LIMITS.nameBytes;

/** What the owner lets a member do on *this* node, beyond taking part. */
export type MemberRight =
  /** Ask what the owner can ask: read, run skills, decide approvals; each call governed like a local one. */
  | 'control'
  /** Fetch, by their hashes, what runs here made and bundles that were exported. */
  | 'delegate'
  /** Run skills here: those that were named, or any. Each run is governed, logged, and proven to the one who asked. */
  | 'run';

export interface MemberView {
  /** Peer id, as text. */
  peer: string;
  /** Raw Ed25519 node key, hex. */
  key: string;
  /** What its owner calls the device. */
  name: string;
  /** Four words of the key's fingerprint, for two people to compare. */
  words: string;
  role: MemberRole;
  /** When it joined, ISO 8601. */
  since: string;
  self: boolean;
  rights: MemberRight[];
  /** Which skills it may run here, of the right `run`; null for any. */
  skills: string[] | null;
  link: MeshPeer['link'];
  rtt_ms: number | null;
  bytes_in: number;
  bytes_out: number;
  /** ISO 8601; null when not seen since this node joined. */
  last_seen: string | null;
  /** Of its log, by its own word; null before it said so, and of this node itself. */
  head: LogHead | null;
}

/** How far a member's log is. */
export interface LogHead {
  /** Entries, under a checkpoint that the log's key signed. */
  size: number;
  /** When it said so, ISO 8601. */
  at: string;
  /** This node holds two checkpoints of that log that cannot both be true. */
  forked: boolean;
}

/** An invitation that can still be used. */
export interface InvitationView {
  id: string;
  created_at: string;
  expires_at: string;
}

/** Two devices that are about to trust each other; both owners must confirm. */
export interface PairingView {
  id: string;
  side: 'inviter' | 'joiner';
  /** The other device. */
  peer: string;
  name: string;
  words: string;
  /** `failed` stands until it is dismissed. */
  state: 'connecting' | 'confirm' | 'waiting' | 'done' | 'failed';
  /** Plain words, for `failed`. */
  problem?: string;
  /** While `connecting` by codes: the answer that the other device must scan. */
  answer?: string;
}

export interface RelayView {
  /** Multiaddr, e.g. `/dns4/relay.example/tcp/443/tls/ws`. */
  addr: string;
  connected: boolean;
}

/** How this node stands in its mesh. */
export interface MeshView {
  /** `none`: a member of no mesh. `offline`: of one, with no relay and no member reached. */
  state: 'none' | 'starting' | 'online' | 'offline' | 'removed';
  /** Plain words, where something is wrong. */
  problem: string | null;
  /** Id of the mesh: 32 hex characters. Null when there is none. */
  mesh: string | null;
  self: { peer: string; name: string; words: string; role: MemberRole } | null;
  /** How often the keys changed. */
  epoch: number;
  members: MemberView[];
  invitations: InvitationView[];
  pairings: PairingView[];
  relays: RelayView[];
}

/** What an invitation says of itself, before anything is sent. */
export interface InvitationContent {
  mesh: string;
  /** The device that invites. */
  peer: string;
  words: string;
  name: string;
  expires_at: string;
  relays: string[];
  /** `codes`: it is answered by a code of this device, without any server. */
  by: 'link' | 'codes';
  /** It lets a device in; otherwise it links two that are members. */
  invites: boolean;
}

/** One step of "why can't I connect", in order; a step after a failed one is `skipped`. */
export interface MeshCheck {
  step: 'member' | 'relay' | 'key' | 'reservation' | 'members' | 'ice' | 'direct';
  result: 'ok' | 'failed' | 'skipped';
  /** What was found, in plain words. */
  words: string;
  /** What to do, for `failed`. */
  advice?: string;
}

/** A request for approval on another member's node, which lets this device decide. */
export interface MemberApproval {
  /** Whose node waits. */
  peer: string;
  name: string;
  request: PendingApproval;
  /** `sent`: decided here, and on its way, or waiting for that member to be reached. */
  state: 'open' | 'sent';
}

/** Request name → its parameters and its answer, as in messages.ts. Every one is the owner's own. */
export interface MeshRequests {
  // The seed's two.
  /** `addr`: a member's peer id, or a multiaddr that ends in `/p2p/<peer id>`. Answers how it was reached, in words. */
  MeshDial: { params: { addr: string }; result: string };
  /** JSON text: `[{peer, name, link, rtt_ms}]`, members that are reached now. */
  MeshPeers: { params: void; result: string };

  GetMesh: { params: void; result: MeshView };
  /**
   * A new mesh with this node as its keeper. `relays`: multiaddrs, or web addresses of servers that are asked to serve as
   * one, with their operator's `token` where they want it. `relay_key`: hex, of a relay that has its own.
   */
  CreateMesh: { params: { name: string; relays: string[]; relay_key?: string; token?: string }; result: MeshView };
  /** From the keeper; the others follow. */
  SetRelays: { params: { relays: string[]; token?: string }; result: MeshView };
  /** `text` is the whole invitation: a secret until it is used or expires. It is shown once. */
  InviteMember: {
    params: { minutes: number };
    result: { id: string; text: string; expires_at: string };
  };
  WithdrawInvitation: { params: { id: string }; result: MeshView };
  /** Reads an invitation and sends nothing. */
  ReadInvitation: { params: { text: string }; result: InvitationContent };
  /** Begins a pairing; it goes on in {@link MeshView.pairings}. */
  JoinMesh: { params: { text: string; name: string }; result: MeshView };
  /**
   * A code that another device on the same network scans, to link with no server; it answers with one of its own, once.
   * `invite`: it lets a device in (from the keeper). `text` is a secret until then. It is shown once.
   */
  OfferLink: { params: { invite: boolean }; result: { id: string; text: string; expires_at: string } };
  /** The other device's answer to our code. Answers when both are linked. */
  AcceptLink: { params: { text: string }; result: MeshView };
  WithdrawLink: { params: { id: string }; result: MeshView };
  /** Answers another device's code; the text is to be shown to it. `name`: of this device, where it joins. */
  AnswerLink: { params: { text: string; name?: string }; result: { text: string } };
  /** The owner compared names and words. `yes: false` ends the pairing, or dismisses one that failed. */
  ConfirmPairing: { params: { id: string; yes: boolean }; result: MeshView };
  /** From the keeper: the member is out and the keys change; the others follow by themselves. */
  RemoveMember: { params: { peer: string }; result: MeshView };
  /** From the keeper: whether this member may take his place, for when his device is lost. */
  SetDeputy: { params: { peer: string; deputy: boolean }; result: MeshView };
  /** From a deputy: it is the keeper now, the one before is out, and the keys change. `confirm` must be 'take over'. */
  TakeOverMesh: { params: { confirm: string }; result: MeshView };
  /** `skills`: which ones, of the right `run`; none named for any. */
  SetMemberRights: { params: { peer: string; rights: MemberRight[]; skills?: string[] }; result: MeshView };
  /** Forgets the mesh and its keys here. `confirm` must be 'leave'. */
  LeaveMesh: { params: { confirm: string }; result: MeshView };
  /** What other members' nodes ask of this device, oldest first. */
  ListMemberApprovals: { params: void; result: MemberApproval[] };
  /** Decides it with this device's own key; the decision is delivered as soon as that member is reached. */
  DecideMemberApproval: { params: { peer: string; id: string; verdict: 'yes' | 'no' }; result: null };
  DiagnoseMesh: { params: void; result: MeshCheck[] };
}
