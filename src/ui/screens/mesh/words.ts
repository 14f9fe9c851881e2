import type { MemberView } from '../../../protocol/mesh';
import { bytes } from '../../lib/format';

/** How a member is reached now, in words. */
export function linkWords({ link, rtt_ms }: Pick<MemberView, 'link' | 'rtt_ms'>): string {
  if (link === 'none') return 'Not connected';
  const trip = rtt_ms === null ? '' : `, ${Math.max(1, Math.round(rtt_ms))} ms`;
  return link === 'direct' ? `Connected directly${trip}` : `Connected over a relay${trip}`;
}

/** Bytes a second, in words; nothing while nothing goes. */
export const rateWords = (rate: number | undefined): string => (rate && rate >= 1 ? `${bytes(rate)}/s` : '');
