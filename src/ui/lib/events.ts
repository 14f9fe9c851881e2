import type { Entry, EventType, Severity } from '../../audit/types';
import type { BadgeKind } from './badges';

export const SEVERITIES: readonly Severity[] = ['INFO', 'WARNING', 'CRITICAL'];
export const SEVERITY_WORDS: Record<Severity, string> = { INFO: 'Normal', WARNING: 'Warning', CRITICAL: 'Critical' };
export const SEVERITY_BADGES: Record<Severity, BadgeKind> = { INFO: 'waiting', WARNING: 'warning', CRITICAL: 'fail' };

/** `STAGE_COMPLETED` as 'Stage completed'. */
export function typeWords(type: EventType): string {
  const words = type.toLowerCase().replaceAll('_', ' ');
  return words[0]!.toUpperCase() + words.slice(1);
}

/** The few fields that tell one entry of a type from another, in the order they matter. */
const TELLING = ['stage', 'message', 'reason', 'evaluator', 'value', 'pointer', 'verdict', 'seal', 'name', 'code'];

/** A short line about what an entry says. */
export function gist(entry: Pick<Entry, 'data'>): string {
  const { data } = entry;
  const order = data['order'] ?? data['intent'];
  const about = typeof order === 'object' && order !== null && !Array.isArray(order) ? order : data;
  const action = 'action' in about && typeof about['action'] === 'string' ? about['action'].replaceAll('_', ' ') : '';
  const parts = TELLING.map((key) => data[key]).filter(
    (value) => typeof value === 'string' || typeof value === 'number',
  );
  return [action, ...parts].filter((part) => part !== '').join(', ');
}
