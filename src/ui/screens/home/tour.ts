import type { RunStatus } from '../../../pipeline/types';
import type { Outcome } from '../../lib/seal';

export type StepState = 'todo' | 'now' | 'done' | 'failed';
export interface TourStep {
  id: 'run' | 'watch' | 'approve' | 'download' | 'verify';
  title: string;
  text: string;
  state: StepState;
}

const STEPS: Omit<TourStep, 'state'>[] = [
  { id: 'run', title: 'Run', text: 'Six stages on real data, on this device.' },
  { id: 'watch', title: 'Watch', text: 'Each stage needs its own signed permission.' },
  { id: 'approve', title: 'Approve', text: 'Promotion waits for your yes.' },
  { id: 'download', title: 'Take the evidence', text: 'One zip that anyone can check.' },
  { id: 'verify', title: 'See it verified', text: 'Checked apart from the node, as a stranger would.' },
];

const promotion = (run: RunStatus) => run.stages.find((stage) => stage.type === 'promotion');

/** Which step of the tour a person is at, from the latest run and what they did with its evidence. */
export function tourSteps(run: RunStatus | undefined, taken: boolean, outcome: Outcome | undefined): TourStep[] {
  const at = position(run, taken, outcome);
  const failed = run?.state === 'failed' || run?.state === 'stopped' || outcome === 'failed';
  return STEPS.map((step, i) => ({
    ...step,
    state: i < at ? 'done' : i > at ? 'todo' : failed ? 'failed' : 'now',
  }));
}

function position(run: RunStatus | undefined, taken: boolean, outcome: Outcome | undefined): number {
  if (!run) return 0;
  if (outcome && outcome !== 'failed') return STEPS.length;
  if (run.bundle) return taken || outcome ? 4 : 3;
  return promotion(run)?.state === 'awaiting_approval' ? 2 : 1;
}
