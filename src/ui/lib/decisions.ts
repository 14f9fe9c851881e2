import type { EntryView } from '../../protocol/messages';

export interface Decision {
  seq: number;
  verdict: 'yes' | 'no';
  at: string;
}

/** An APPROVAL_DECIDED entry as a row. What does not say yes counts as a refusal. */
export function decisionOf({ entry }: EntryView): Decision {
  const approval = entry.data['approval'];
  const said =
    typeof approval === 'object' && approval !== null && 'verdict' in approval ? approval.verdict : undefined;
  return { seq: entry.seq, verdict: said === 'yes' ? 'yes' : 'no', at: entry.ts };
}
