import type { Comparison, ReplayView } from '../../../protocol/messages';
import type { Badge } from '../../lib/badges';

export const TEXTS = {
  disclose:
    'The log holds these as hashes only. Tick what this one bundle shall show; whoever gets it can read that and can check that it is what the log holds. What is not ticked stays hidden, and the checks come out the same.',
  title: 'Audit',
  intro: 'Every act of this node, one line each. Each line carries the hash of the line before it.',
  none: 'No entry matches',
  noneText: 'Nothing in the part of the log that was searched fits this filter.',
  failed: 'The log could not be read',
  compare: 'Compare with a checkpoint from before',
  timestamp: 'Timestamps of an authority',
  kept: 'The log itself was not touched.',
} as const;

export const COMPARISONS: Record<Comparison['kind'], Badge> = {
  same: ['pass', 'The same log'],
  prefix: ['pass', 'This log goes on from it'],
  newer: ['fail', 'Rolled back'],
  fork: ['fail', 'Two histories'],
  unsigned: ['refused', 'Not signed by this log'],
  foreign: ['unknown', 'Another log'],
};

/** What a run that was made again says of its record. */
export const REPLAYS: Record<ReplayView['replayed']['kind'], Badge> = {
  identical: ['pass', 'Identical'],
  different: ['fail', 'Different'],
  unknown: ['unknown', 'Could not be made again'],
};
