import type { IpcClient } from '../../src/mesh/ipc';
import { SovereignError } from '../../src/protocol/errors';
import { harmless } from '../run-view';
import { ask, type Said } from './ask';

/** `sovereign run --on MEMBER`: the node has another member run it, and proves what that answers. */
export async function runOn(node: IpcClient, skill: string, input: string, named: string): Promise<Said> {
  const { result: mesh } = await ask(node, 'GetMesh', undefined);
  const meant = mesh.members.filter(({ peer, name, self }) => !self && (peer === named || name === named));
  const [member, other] = meant;
  if (!member || other) {
    throw new SovereignError(
      'not_a_member',
      `${other ? 'More than one other member is' : 'No other member is'} called ${harmless(named)}.`,
      { advice: 'Name it by its peer id: npx sovereign mesh-peers' },
    );
  }
  const asked = { member: member.peer, skill, input: { text: input } };
  const { answer, result } = await ask(node, 'DelegateSkill', asked);
  const { outcome, message = '', text, on } = result;
  const proof = [
    `Run by ${on.name}, and proven: order ${on.order_id}, entries ${on.authorized_seq} and ${on.ended_seq} of ${on.size}`,
    `of ${on.origin}. It stands in entry ${result.seq} here: npx sovereign replay ${result.seq}`,
  ];
  const said = outcome === 'ok' ? (text ?? `${result.output_bytes} bytes, ${result.output_sha256}`) : message;
  const lines = [...said.split('\n'), '', ...proof].map(harmless);
  return { answer, words: `${lines.join('\n')}\n`, code: outcome === 'ok' ? 0 : 1 };
}
