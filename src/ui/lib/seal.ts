import type { Report, VerdictName } from '../../verify/types';

/** What a seal opens to: what was checked, by whom, when. */
export interface SealFacts {
  title: string;
  summary: string;
  by: string;
  /** Milliseconds since the Unix epoch. */
  at: number;
  report: Report;
}

export const SEAL_CHECKS: { name: VerdictName; label: string; meaning: string }[] = [
  {
    name: 'integrity',
    label: 'Integrity',
    meaning: 'Every file, every log line and every artifact is the one that was sealed.',
  },
  {
    name: 'authenticity',
    label: 'Authenticity',
    meaning: 'The signatures were made by the key you pinned, one you did not get from the bundle.',
  },
  {
    name: 'nonEquivocation',
    label: 'One history',
    meaning: 'Independent witnesses saw the same log, so its owner cannot show you a different one.',
  },
  { name: 'time', label: 'Time', meaning: 'Someone else than the node vouches for when it happened.' },
  {
    name: 'policyReplay',
    label: 'Decisions replayed',
    meaning: 'Each decision was made again from the policies in the bundle, with the same outcome.',
  },
  {
    name: 'execution',
    label: 'Runs replayed',
    meaning:
      'Each run of a skill was made again from its module, its input and what it was told, with the same outcome.',
  },
];

export type Outcome = 'sealed' | 'intact' | 'failed';

/** A seal is earned by integrity and authenticity, with nothing failed. Intact but unpinned is only intact. */
export function outcomeOf(report: Report): Outcome {
  const { integrity, authenticity } = report.verdicts;
  if (integrity !== 'pass' || Object.values(report.verdicts).includes('fail')) return 'failed';
  return authenticity === 'pass' ? 'sealed' : 'intact';
}
