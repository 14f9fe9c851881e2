import type { RunStatus, StageState } from '../../pipeline/types';

/** A stage as the graph shows it: of a document, where nothing ran yet, or of a run. */
export interface GraphStageView {
  name: string;
  type: string;
  needs: readonly string[];
  /** Absent in a document, where nothing runs. */
  state?: StageState;
  ms?: number | undefined;
  progress?: { done: number; total: number; what: string } | undefined;
}

export const ofDocument = (stages: readonly { name: string; type: string; needs: string[] }[]): GraphStageView[] =>
  stages.map(({ name, type, needs }) => ({ name, type, needs }));

export const ofRun = (run: RunStatus): GraphStageView[] =>
  run.stages.map(({ name, type, needs, state, ms, progress }) => ({ name, type, needs, state, ms, progress }));

/** How full a stage's bar is, from 0 to 1. */
export function fill({ state, progress }: GraphStageView): number {
  if (state === 'completed') return 1;
  if (state !== 'running' || !progress || progress.total <= 0) return 0;
  return Math.min(1, progress.done / progress.total);
}

/** What each stage really does, in one line. */
export const STAGE_WORDS: Record<string, string> = {
  data_preparation: 'Prepare data',
  model_training: 'Train a model',
  agent_chain: 'Evaluate and vote',
  promotion: 'Promote',
  rollback: 'Roll back',
  audit_export: 'Export evidence',
};

/** The stage that a person most likely wants to read: the one under way or in trouble, else the last that finished. */
export function focusStage(run: RunStatus): RunStatus['stages'][number] | undefined {
  const busy = run.stages.find(({ state }) => state !== 'completed' && state !== 'waiting');
  return busy ?? run.stages.findLast(({ state }) => state === 'completed') ?? run.stages[0];
}
