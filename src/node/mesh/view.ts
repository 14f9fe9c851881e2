import { fromHex } from '../../crypto';
import { MeshError, peerIdOf, type MeshPeer, type RelayedMesh } from '../../mesh';
import type { Invitation, Member } from '../../mesh/members';
import type { InvitationContent, LogHead, MemberView, MeshView, PairingView } from '../../protocol/mesh';
import { peerOf, type MemberBook } from './book';
import type { NodeMeshDeps } from './types';

interface Parts {
  book: MemberBook;
  self: string;
  words: (publicKey: Uint8Array) => string;
  mesh: RelayedMesh | undefined;
  /** From the last mesh, by its keeper. */
  removed: boolean;
  /** It was opened only now. */
  starting: boolean;
  pairings: PairingView[];
  direct: boolean;
  /** What a member told of its log. */
  head: (peer: string) => LogHead | null;
}

/** What an invitation says of itself. @throws MeshError `invitation_expired` */
export function contentOf(
  { mesh, expires, inviter, name, relays }: Pick<Invitation, 'mesh' | 'expires' | 'inviter' | 'name' | 'relays'>,
  { clock, words }: Pick<NodeMeshDeps, 'clock' | 'words'>,
): InvitationContent {
  if (1000 * expires <= clock.now()) {
    throw new MeshError('invitation_expired', 'This invitation has expired.', { advice: 'Ask for a new one.' });
  }
  const expires_at = new Date(1000 * expires).toISOString();
  const peer = peerIdOf(inviter);
  return { mesh, peer, words: words(inviter), name, expires_at, relays: [...relays], by: 'link', invites: true };
}

/** How this node stands in its mesh, as the UI shows it. */
export function viewOf(parts: Parts): MeshView {
  const { book, mesh, removed, pairings } = parts;
  const { state } = book;
  if (!state) {
    return {
      state: removed ? 'removed' : 'none',
      problem: removed ? 'This device was removed from its mesh by the one that keeps it.' : null,
      mesh: null,
      self: null,
      epoch: 0,
      members: [],
      invitations: [],
      pairings,
      relays: [],
    };
  }
  const { roster } = state;
  const peers = mesh?.peers() ?? [];
  const members = roster.members.map((member) => memberView(member, parts, peers));
  const me = members.find(({ self }) => self);
  const relays = (mesh?.relays() ?? []).map(({ address, connected }) => ({ addr: address, connected }));
  const reached = relays.some(({ connected }) => connected) || members.some(({ link }) => link !== 'none');
  return {
    state: reached ? 'online' : parts.starting ? 'starting' : 'offline',
    problem: reached || parts.starting ? null : unreached(relays.length > 0),
    mesh: roster.mesh,
    self: me ? { peer: me.peer, name: me.name, words: me.words, role: me.role } : null,
    epoch: roster.epoch,
    members,
    invitations: book
      .openInvitations()
      .map(({ id, createdAt, expiresAt }) => ({ id, created_at: createdAt, expires_at: expiresAt })),
    pairings,
    relays,
  };
}

const unreached = (hasRelay: boolean): string =>
  hasRelay ? 'No relay and no other member is reached.' : 'No other member is reached.';

function memberView(member: Member, { book, words, head }: Parts, peers: readonly MeshPeer[]): MemberView {
  const { key, name, role, since } = member;
  const peer = peerOf(key);
  const found = peers.find((one) => one.peer === peer);
  return {
    peer,
    key,
    name,
    words: words(fromHex(key)!),
    role,
    since,
    self: key === book.key,
    rights: [...book.rightsOf(key)],
    skills: book.life.skills.get(key)?.slice() ?? null,
    link: found?.link ?? 'none',
    rtt_ms: found?.rttMs ?? null,
    bytes_in: found?.bytesIn ?? 0,
    bytes_out: found?.bytesOut ?? 0,
    last_seen: book.state?.seen[key] ?? null,
    head: head(peer),
  };
}
