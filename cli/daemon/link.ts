import { systemSchedule } from '../../src/mesh';
import { IpcClient, type Ask } from '../../src/mesh/ipc';
import type { SovereignNode } from '../../src/node';
import { SovereignError, toWireError } from '../../src/protocol/errors';
import type { MemberView } from '../../src/protocol/mesh';
import { call } from '../client';

export interface Link {
  member: Pick<MemberView, 'peer' | 'name' | 'words'>;
  ask: Ask;
  close(): void;
}

/**
 * Keeps the way to one's other node across the mesh: each request is made there, as this device.
 * @param wanted a member's name or peer id; may be left out where there is one other member
 * @throws SovereignError `not_a_member`
 */
export async function openLink(node: SovereignNode, wanted: string | undefined): Promise<Link> {
  const { members } = await call(node, 'GetMesh');
  const member = choose(
    members.filter(({ self }) => !self),
    wanted,
  );
  const client = new IpcClient({ connect: () => node.control(member.peer), schedule: systemSchedule });
  return {
    member,
    ask: (request, gone) => client.request(request, gone).catch((error: unknown) => ({ Error: toWireError(error) })),
    close: () => client.close(),
  };
}

function choose(others: readonly MemberView[], wanted: string | undefined): MemberView {
  const fitting = wanted === undefined ? others : others.filter((m) => m.peer === wanted || m.name === wanted);
  const [one, another] = fitting;
  if (one && !another) return one;
  const names = others.map(({ name }) => name).join(', ');
  if (others.length === 0)
    throw notMember(
      'This home is a member of no mesh with another node in it.',
      "Join one: npx sovereign join 'INVITATION'",
    );
  throw notMember(
    another ? 'More than one other node is meant.' : 'No other member has that name or peer id.',
    `Name one with --node: ${names}.`,
  );
}

const notMember = (message: string, advice: string): SovereignError =>
  new SovereignError('not_a_member', message, { advice });
