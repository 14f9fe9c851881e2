import type { PendingApproval } from '../src/governance';
import { describeApproval } from './run-view';
import type { Terminal } from './terminal';

/** `nobody`: there is no one to ask, or the input ended. The request stays open then. */
export type Answer = 'yes' | 'no' | 'nobody';

/**
 * Shows exactly what will happen and asks for a yes or a no; anything else is asked again.
 * @param yes decided beforehand by `--yes`: shown, not asked
 */
export async function askApproval(
  terminal: Terminal,
  pending: PendingApproval,
  yes: boolean,
  signal: AbortSignal,
): Promise<Answer> {
  terminal.out(`\n${describeApproval(pending).join('\n')}\n`);
  if (yes) {
    terminal.out("Approved with the home's owner key (--yes).\n\n");
    return 'yes';
  }
  if (!terminal.interactive) return 'nobody';
  for (;;) {
    const answer = await terminal.ask('Approve? [yes/no] ', signal);
    if (answer === undefined) return 'nobody';
    const said = answer.trim().toLowerCase();
    if (said === 'y' || said === 'yes') return 'yes';
    if (said === 'n' || said === 'no') return 'no';
  }
}

/** Yes unless it is declined. */
export async function askResume(terminal: Terminal, question: string, signal: AbortSignal): Promise<boolean> {
  const answer = await terminal.ask(`${question} [Y/n] `, signal);
  return answer !== undefined && !/^n/i.test(answer.trim());
}
