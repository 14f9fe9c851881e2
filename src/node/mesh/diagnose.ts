/** "Why can't I connect": each step on the way to another member, in the order in which they are taken. */
import type { MeshPeer, RelayedMesh, RelayState } from '../../mesh';
import type { MeshCheck } from '../../protocol/mesh';
import type { MemberBook } from './book';

interface Facts {
  isMember: boolean;
  relays: readonly RelayState[];
  /** Other members. */
  members: number;
  links: readonly MeshPeer['link'][];
  /** Whether this realm can link directly at all. */
  direct: boolean;
}

/** The facts, from the mesh that is open, if one is. */
export function diagnose(book: MemberBook, mesh: RelayedMesh | undefined, direct: boolean): MeshCheck[] {
  const links = (mesh?.peers() ?? []).filter(({ peer }) => book.memberAt(peer)).map(({ link }) => link);
  const isMember = book.state !== undefined;
  return judge({ isMember, relays: mesh?.relays() ?? [], members: book.members.length - 1, links, direct });
}

/** Pure: what was found, as a person reads it. After a failure the rest is skipped. */
export function judge(facts: Facts): MeshCheck[] {
  const checks = STEPS.map((step) => step(facts));
  const failed = checks.findIndex(({ result }) => result === 'failed');
  if (failed === -1) return checks;
  const skipped = (check: MeshCheck): MeshCheck => ({
    step: check.step,
    result: 'skipped',
    words: 'Not looked at, because a step before it failed.',
  });
  return checks.map((check, i) => (i <= failed ? check : skipped(check)));
}

const ok = (step: MeshCheck['step'], words: string): MeshCheck => ({ step, result: 'ok', words });
const failed = (step: MeshCheck['step'], words: string, advice: string): MeshCheck => ({
  step,
  result: 'failed',
  words,
  advice,
});

const STEPS: readonly ((facts: Facts) => MeshCheck)[] = [
  ({ isMember }) =>
    isMember
      ? ok('member', 'This device is a member of a mesh.')
      : failed('member', 'This device is in no mesh.', 'Create a mesh, or join one by an invitation.'),
  ({ relays }) => {
    const there = relays.filter(({ connected }) => connected);
    if (relays.length === 0) {
      return failed('relay', 'No relay is set.', 'Name a relay: without one, members cannot find each other.');
    }
    if (there.length > 0) return ok('relay', `${there.length} of ${relays.length} relays answer, and take our key.`);
    const problem = relays.find((relay) => relay.problem !== null)?.problem;
    const words = `No relay answers as ours does${problem ? ` (${problem})` : ''}.`;
    return failed(
      'relay',
      words,
      'Check that you are online, that the relay runs, and that it has the key of this mesh.',
    );
  },
  ({ relays }) =>
    relays.some(({ reserved }) => reserved)
      ? ok('reservation', 'A relay holds a place for this device, so others can reach it.')
      : failed(
          'reservation',
          'No relay has given this device a place yet.',
          'Wait a few seconds; a full relay says no.',
        ),
  ({ members, links }) => {
    const linked = links.filter((link) => link !== 'none').length;
    if (members === 0) return ok('members', 'There is no other member to reach yet.');
    if (linked > 0) return ok('members', `${linked} of ${members} other members are connected.`);
    return failed('members', 'No other member is connected.', 'Open the app on another device of this mesh.');
  },
  ({ direct, members, links }) => {
    const count = links.filter((link) => link === 'direct').length;
    if (count > 0) return ok('direct', `${count} connected directly, past the relay.`);
    if (!direct) return ok('direct', 'This device connects over relays only. That is slower and just as private.');
    if (members === 0) return ok('direct', 'Nothing to connect directly yet.');
    return failed(
      'direct',
      'Every link goes over a relay.',
      'It works, but slower. Some networks allow no direct links; another network may.',
    );
  },
];
