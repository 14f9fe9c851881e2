import type { RunStatus, StageState } from '../../pipeline/types';

const WORDS: Record<StageState, string> = {
  waiting: 'is waiting',
  running: 'is running',
  awaiting_approval: 'waits for your approval',
  completed: 'is done',
  failed: 'failed',
  blocked: 'was refused',
  stopped: 'was stopped',
};

/** Sentences for the live region: what changed between two looks at the same run. */
export function stageChanges(before: RunStatus | undefined, after: RunStatus): string[] {
  const was = new Map(before?.stages.map((stage) => [stage.name, stage.state]));
  const changed = after.stages.filter((stage) => stage.state !== (was.get(stage.name) ?? 'waiting'));
  const out = changed.map((stage) => `Stage ${stage.name} ${WORDS[stage.state]}.`);
  if (before?.state !== after.state && after.state === 'completed') out.push(`Run of ${after.pipeline} completed.`);
  return out;
}
