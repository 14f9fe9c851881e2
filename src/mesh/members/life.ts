/** What the log says of the mesh: the state of membership is a fold of its entries, and everything else only detail. */
import type { Entry, NewEntry } from '../../audit/types';
import type { Sha256 } from '../../crypto';
import type { MemberRight } from '../../protocol/mesh';
import { differences, rosterDigest, type Roster } from './roster';

export interface OpenInvitation {
  id: string;
  createdAt: string;
  expiresAt: string;
}

type MeshEvent = Extract<Entry['type'], `MESH_${string}`>;

export class MeshLife {
  /** Id of the mesh, while this node is a member of one. */
  mesh: string | undefined;
  number = 0;
  epoch = 0;
  /** Digest of the roster in force. */
  roster: Sha256 | undefined;
  /** By id; also those past their time. */
  readonly invitations = new Map<string, OpenInvitation>();
  /** Who was let in by which invitation that is over: node keys by id; null for one that was withdrawn. */
  readonly ended = new Map<string, string | null>();
  /** Until when an invitation under the present keys may be tried, also one that is over; ms. */
  invitedUntil = 0;
  /** By the member's node key. */
  readonly rights = new Map<string, readonly MemberRight[]>();
  /** Skills that the right `run` is for, where they are named. */
  readonly skills = new Map<string, readonly string[]>();

  apply({ type, ts, data }: Pick<Entry, 'type' | 'ts' | 'data'>): void {
    const text = (name: string) => data[name] as string;
    switch (type as MeshEvent) {
      case 'MESH_CREATED':
      case 'MESH_JOINED':
        this.#clear();
        this.mesh = text('mesh');
        break;
      case 'MESH_ROSTER':
        this.number = data['number'] as number;
        if (data['epoch'] !== this.epoch) this.#endInvitations();
        this.epoch = data['epoch'] as number;
        this.roster = text('roster_sha256');
        for (const key of data['removed'] as string[]) {
          this.rights.delete(key);
          this.skills.delete(key);
        }
        break;
      case 'MESH_LEFT':
        this.#clear();
        break;
      case 'MESH_INVITED':
        this.invitations.set(text('invitation'), {
          id: text('invitation'),
          createdAt: ts,
          expiresAt: text('expires_at'),
        });
        this.invitedUntil = Math.max(this.invitedUntil, Date.parse(text('expires_at')));
        break;
      case 'MESH_INVITATION_ENDED':
        this.invitations.delete(text('invitation'));
        this.ended.set(text('invitation'), data['reason'] === 'used' ? text('member') : null);
        break;
      case 'MESH_RIGHTS_SET':
        this.rights.set(text('member'), data['rights'] as MemberRight[]);
        if (data['skills'] === undefined) this.skills.delete(text('member'));
        else this.skills.set(text('member'), data['skills'] as string[]);
        break;
      case 'MESH_PEER_DROPPED':
        break;
    }
  }

  /** They hold the keys of the epoch before. */
  #endInvitations(): void {
    for (const id of this.invitations.keys()) this.ended.set(id, null);
    this.invitations.clear();
    this.invitedUntil = 0;
  }

  #clear(): void {
    this.mesh = this.roster = undefined;
    this.number = this.epoch = 0;
    this.invitations.clear();
    this.ended.clear();
    this.invitedUntil = 0;
    this.rights.clear();
    this.skills.clear();
  }
}

/** The entry that puts a roster in force. Names stand in the roster alone: the log has its digest. */
export function rosterEntry(roster: Roster, before: Roster | undefined): NewEntry {
  const { added, removed } = differences(before, roster);
  return {
    type: 'MESH_ROSTER',
    data: {
      mesh: roster.mesh,
      number: roster.number,
      epoch: roster.epoch,
      issuer: roster.issuer,
      roster_sha256: rosterDigest(roster),
      added: added.map(({ key }) => key),
      removed: removed.map(({ key }) => key),
    },
  };
}
