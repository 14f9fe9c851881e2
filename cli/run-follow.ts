import type { SovereignNode } from '../src/node';
import type { RunStatus } from '../src/pipeline';
import { call } from './client';
import { askApproval } from './prompt';
import type { Terminal } from './terminal';

const isOpen = (run: RunStatus): boolean => run.state === 'running' || run.state === 'awaiting_approval';

interface FollowOptions {
  /** Answer every request of this run with a yes. */
  yes: boolean;
  show(run: RunStatus): void;
  /** Aborts at Ctrl-C: the run is then stopped. */
  signal: AbortSignal;
}

/**
 * Stays with a run until it has ended or stands still, and asks for the approvals that it waits for. A request that
 * nobody is there to answer stops the run and stays open.
 */
export async function follow(
  node: SovereignNode,
  run: string,
  terminal: Terminal,
  options: FollowOptions,
): Promise<RunStatus> {
  const ended = new AbortController();
  const asked = new Set<string>();
  let fail: (error: unknown) => void = () => undefined;

  const stop = (): void => void call(node, 'StopRun', { run }).catch(fail);
  const look = (status: RunStatus): void => {
    options.show(status);
    const id = status.stages.find((s) => s.approvalId !== undefined)?.approvalId;
    if (id === undefined || asked.has(id)) return;
    asked.add(id);
    decide(node, id, terminal, options.yes, AbortSignal.any([options.signal, ended.signal])).then((answered) => {
      if (!answered && !ended.signal.aborted) stop();
    }, fail);
  };

  return new Promise<RunStatus>((resolve, reject) => {
    const leave = node.subscribe((event) => {
      if (event.type === 'run' && event.run.id === run) take(event.run);
      else if (event.type === 'resync') void call(node, 'GetRun', { run }).then(take, fail);
    });
    const finish = (settle: () => void): void => {
      leave();
      ended.abort();
      options.signal.removeEventListener('abort', stop);
      settle();
    };
    fail = (error) => finish(() => reject(error instanceof Error ? error : new Error(String(error))));
    const take = (status: RunStatus): void => {
      if (ended.signal.aborted) return;
      if (isOpen(status)) look(status);
      else finish(() => resolve(status));
    };
    options.signal.addEventListener('abort', stop);
    // Between the start and this moment it may have got far.
    call(node, 'GetRun', { run }).then(take, fail);
    if (options.signal.aborted) stop();
  });
}

/** Answers false when nobody could be asked. */
async function decide(
  node: SovereignNode,
  id: string,
  terminal: Terminal,
  yes: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const pending = (await call(node, 'ListApprovals')).find((p) => p.id === id);
  // Answered meanwhile, by another approver.
  if (!pending) return true;
  const answer = await askApproval(terminal, pending, yes, signal);
  if (answer === 'nobody') {
    if (!signal.aborted)
      terminal.err('Nobody is here to ask: start it in a terminal, or approve beforehand with --yes.\n');
    return false;
  }
  await call(node, 'DecideApproval', { id, verdict: answer });
  return true;
}
