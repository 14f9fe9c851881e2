import type { PendingApproval, Verdict } from '../../src/governance';
import type { IpcClient } from '../../src/mesh/ipc';
import { SovereignError } from '../../src/protocol/errors';
import { askApproval } from '../prompt';
import { describeApproval, harmless } from '../run-view';
import type { Terminal } from '../terminal';
import { BadArgs, type RemoteArgs } from './args';
import { ask, type Said } from './ask';
import { approvalsWords } from './words';

const VERDICTS: readonly Verdict[] = ['yes', 'no', 'always', 'never'];

/** `sovereign approve`: what waits, or the verdict on one request. */
export async function approve(node: IpcClient, { words: [id], values }: RemoteArgs, terminal: Terminal): Promise<Said> {
  const chosen = VERDICTS.filter((verdict) => values[verdict] === true);
  const note = values['note'] as string | undefined;
  if (chosen.length > 1) throw new BadArgs('Choose one of --yes, --no, --always and --never.');
  const { answer, result: pending } = await ask(node, 'ListApprovals', undefined);
  if (id === undefined) {
    if (chosen.length > 0 || note !== undefined) throw new BadArgs('Name the request that is meant.');
    return { answer, words: approvalsWords(pending) };
  }
  const meant = find(pending, id);
  const verdict = chosen[0] ?? (await askFor(terminal, meant));
  const decided = await ask(node, 'DecideApproval', { id: meant.id, verdict, ...(note === undefined ? {} : { note }) });
  const shown = chosen.length > 0 ? `${describeApproval(meant).join('\n')}\n` : '';
  return { answer: decided.answer, words: `${shown}Decided: ${verdict}.\n` };
}

function find(pending: readonly PendingApproval[], id: string): PendingApproval {
  const [found, other] = pending.filter((one) => one.id.startsWith(id));
  if (!found || other) {
    const how = found ? 'More than one request that waits has' : 'Nothing that waits for approval has';
    throw new SovereignError('approval_unknown', `${how} an ID that begins with ${harmless(id)}.`, {
      advice: 'See what waits with: npx sovereign approve',
    });
  }
  return found;
}

async function askFor(terminal: Terminal, pending: PendingApproval): Promise<Verdict> {
  const interrupted = new AbortController();
  const release = terminal.onInterrupt(() => interrupted.abort());
  try {
    const answer = await askApproval(terminal, pending, false, interrupted.signal);
    if (answer === 'nobody') throw new BadArgs('Nobody is here to ask: decide with --yes or --no.');
    return answer;
  } finally {
    release();
  }
}
