/** "Why can't I connect": each step on the way to another member, in the order in which they are taken. */
import type { MeshPeer, RelayedMesh, RelayState } from '../../mesh';
import type { MeshCheck } from '../../protocol/mesh';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { Schedule } from '../supervisor';
import type { MemberBook } from './book';
import { answers, gather, type Ways } from './probe';

export interface Facts {
  isMember: boolean;
  relays: readonly Pick<RelayState, 'connected' | 'reserved'>[];
  /** Relays at whose address a server takes a WebSocket. */
  answering: number;
  /** What ICE found; undefined in a realm that links over relays only, null where it found out nothing at all. */
  ways: Ways | null | undefined;
  /** STUN servers that the mesh has. */
  stun: number;
  /** Other members. */
  members: number;
  links: readonly MeshPeer['link'][];
}

interface Asked {
  book: MemberBook;
  mesh: RelayedMesh | undefined;
  /** Whether this realm can link directly at all. */
  direct: boolean;
  schedule: Schedule;
}

/** Looks at each step. Takes as long as the slowest probe, at most {@link MESH_LIMITS}.dialMs. */
export async function diagnose({ book, mesh, direct, schedule }: Asked): Promise<MeshCheck[]> {
  const links = (mesh?.peers() ?? []).filter(({ peer }) => book.memberAt(peer)).map(({ link }) => link);
  const relays = mesh?.relays() ?? [];
  const stun = book.state?.roster.stun ?? [];
  const [answering, ways] = await Promise.all([
    Promise.all(
      // One that took our key answers.
      relays.map(async ({ address, connected }) => connected || (await answers(address, schedule, MESH_LIMITS.dialMs))),
    ),
    direct && mesh ? gather(stun, schedule, MESH_LIMITS.dialMs).catch(() => null) : undefined,
  ]);
  return judge({
    isMember: book.state !== undefined,
    relays,
    answering: answering.filter(Boolean).length,
    ways,
    stun: stun.length,
    members: book.members.length - 1,
    links,
  });
}

/** Pure: what was found, as a person reads it. After a failure the rest is skipped. */
export function judge(facts: Facts): MeshCheck[] {
  const checks = STEPS.map((step) => step(facts));
  const failed = checks.findIndex(({ result }) => result === 'failed');
  if (failed === -1) return checks;
  const skipped = (check: MeshCheck): MeshCheck => ({
    step: check.step,
    result: 'skipped',
    words: `${NAMES[check.step]} was not looked at, because a step before it failed.`,
  });
  return checks.map((check, i) => (i <= failed ? check : skipped(check)));
}

const NAMES: Record<MeshCheck['step'], string> = {
  member: 'Membership',
  relay: 'The way to the relay',
  key: 'The key',
  reservation: 'The place on the relay',
  members: 'Other members',
  ice: 'The way out of this network',
  direct: 'The direct link',
};

const ok = (step: MeshCheck['step'], words: string): MeshCheck => ({ step, result: 'ok', words });
const failed = (step: MeshCheck['step'], words: string, advice: string): MeshCheck => ({
  step,
  result: 'failed',
  words,
  advice,
});
const linked = (links: Facts['links']): number => links.filter((link) => link !== 'none').length;

const STEPS: readonly ((facts: Facts) => MeshCheck)[] = [
  ({ isMember }) =>
    isMember
      ? ok('member', 'This device is a member of a mesh.')
      : failed('member', 'This device is in no mesh.', 'Create a mesh, or join one by an invitation.'),
  ({ relays, answering, links }) => {
    if (relays.length === 0) {
      // Two devices that met without a server need none while they are linked.
      if (linked(links) > 0) return ok('relay', 'No relay is set, and none is needed while the members are linked.');
      return failed('relay', 'No relay is set.', 'Name a relay: without one, members cannot find each other again.');
    }
    if (answering > 0) return ok('relay', `${answering} of ${relays.length} relays answer.`);
    return failed('relay', 'No relay answers.', 'Check that you are online, and that the relay runs at its address.');
  },
  ({ relays }) => {
    const there = relays.filter(({ connected }) => connected).length;
    if (relays.length === 0) return ok('key', 'There is no relay to show a key to.');
    if (there > 0) return ok('key', `${there} of ${relays.length} relays take the key of this mesh.`);
    return failed(
      'key',
      'A relay answers, but does not take the key of this mesh.',
      'It may not serve this mesh any more: under Relays, remove it and add it again.',
    );
  },
  ({ relays }) =>
    relays.length === 0 || relays.some(({ reserved }) => reserved)
      ? ok('reservation', relays.length === 0 ? 'No place is needed.' : 'A relay holds a place for this device.')
      : failed(
          'reservation',
          'No relay has given this device a place yet.',
          'Wait a few seconds; a full relay says no.',
        ),
  ({ members, links }) => {
    if (members === 0) return ok('members', 'There is no other member to reach yet.');
    if (linked(links) > 0) return ok('members', `${linked(links)} of ${members} other members are connected.`);
    return failed('members', 'No other member is connected.', 'Open the app on another device of this mesh.');
  },
  ({ ways, stun }) => {
    if (ways === undefined)
      return ok('ice', 'This device connects over relays only. That is slower and just as private.');
    if (ways === null || ways.local + ways.public === 0) {
      return failed(
        'ice',
        'The browser finds no way out for a direct link.',
        'A setting, an extension or a company’s rule may forbid WebRTC. Over a relay it works all the same.',
      );
    }
    if (ways.public > 0) return ok('ice', 'The browser knows its addresses here and towards the internet.');
    if (stun === 0) return ok('ice', 'The browser knows its address on this network.');
    return ok('ice', 'The browser knows its address on this network only; a link to another network may need a relay.');
  },
  ({ ways, members, links }) => {
    const count = links.filter((link) => link === 'direct').length;
    if (count > 0) return ok('direct', `${count} connected directly, past the relay.`);
    if (ways === undefined) return ok('direct', 'No direct link is tried.');
    if (members === 0) return ok('direct', 'Nothing to connect directly yet.');
    return failed(
      'direct',
      'Every link goes over a relay.',
      'It works, but slower. Some networks allow no direct links; another network may.',
    );
  },
];
