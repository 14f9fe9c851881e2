import type { Entry } from '../../audit/types';

export type BlockTone = 'good' | 'plain' | 'warning' | 'critical';

/** The underline of a block: refusals and failures stand out, completed acts are good, the rest is plain. */
export function blockTone(entry: Pick<Entry, 'type' | 'severity'>): BlockTone {
  if (entry.severity === 'CRITICAL') return 'critical';
  if (entry.severity === 'WARNING') return 'warning';
  return entry.type.endsWith('_COMPLETED') || entry.type === 'PROMOTION' ? 'good' : 'plain';
}

/** Where an arrow key leads in a row of blocks; `undefined` for other keys and beyond the ends. */
export function arrowTarget(key: string, seqs: readonly number[], from: number | undefined): number | undefined {
  const at = from === undefined ? -1 : seqs.indexOf(from);
  switch (key) {
    case 'ArrowLeft':
      return seqs[at - 1];
    case 'ArrowRight':
      return seqs[at + 1];
    case 'Home':
      return seqs[0];
    case 'End':
      return seqs.at(-1);
    default:
      return undefined;
  }
}
