import type { MemberView } from '../../../protocol/mesh';

/** How a member is reached now, in words. */
export function linkWords({ link, rtt_ms }: Pick<MemberView, 'link' | 'rtt_ms'>): string {
  if (link === 'none') return 'Not connected';
  const trip = rtt_ms === null ? '' : `, ${Math.max(1, Math.round(rtt_ms))} ms`;
  return link === 'direct' ? `Connected directly${trip}` : `Connected over a relay${trip}`;
}
