import type { Heads, Seen, SeenHead } from '../../protocol/messages';
import type { Badge } from './badges';
import { absolute, count } from './format';

/** A mark on the chain's strip, after the last entry that it covers. */
export interface HeadMark {
  size: number;
  witnessed: boolean;
  /** Who vouches for it, and since when: tooltip and accessible text. */
  text: string;
}

/** The log's own newest head and every head that witnesses saw, by the number of entries that they cover. */
export function headMarks({
  signed,
  seen,
  witnesses,
}: Pick<Heads, 'signed' | 'seen' | 'witnesses'>): Map<number, HeadMark> {
  const marks = new Map<number, HeadMark>();
  if (signed > 0)
    marks.set(signed, {
      size: signed,
      witnessed: false,
      text: `Signed checkpoint over ${count(signed, 'entry', 'entries')}${witnesses > 0 ? ', not witnessed yet' : ''}`,
    });
  for (const head of seen) marks.set(head.size, { size: head.size, witnessed: true, text: sentence(head) });
  return marks;
}

const sentence = ({ size, seen }: SeenHead): string =>
  `Checkpoint over ${count(size, 'entry', 'entries')}, witnessed by ${seen.map(byWhom).join('; ')}`;

const byWhom = ({ witness, time }: Seen): string => `${witness}, ${absolute(time * 1000)}`;

/** How the log stands with its witnesses, in a word and a sentence. `size`: entries in the log. */
export function witnessedState({ witnessed, witnesses }: Heads, size: number): { badge: Badge; text: string } {
  if (witnesses === 0)
    return {
      badge: ['unknown', 'No witnesses'],
      text: 'Nobody outside this node vouches that its log was not rewritten.',
    };
  if (witnessed >= size)
    return { badge: ['pass', 'Witnessed'], text: `Witnesses saw all ${count(size, 'entry', 'entries')} of this log.` };
  const first = witnessed === size - 1 ? `Entry ${witnessed} is` : `Entries ${witnessed} to ${size - 1} are`;
  return { badge: ['waiting', 'Not witnessed yet'], text: `${first} not witnessed yet.` };
}
