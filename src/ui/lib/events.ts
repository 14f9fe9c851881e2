import type { Entry, EventType, Severity } from '../../audit/types';
import type { Json, JsonObject } from '../../protocol/json';
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
const TELLING = ['stage', 'message', 'evaluator', 'value', 'pointer', 'seal', 'name', 'code', 'origin'];

/** A short line about what an entry says: what was done, to what, in which words. */
export function gist(entry: Pick<Entry, 'data'>): string {
  const { data } = entry;
  const act = object(data['order']) ?? object(data['intent']) ?? object(data['role_signature']) ?? data;
  const resource = object(act['resource']) ?? object(act['principal']);
  const parts = [
    text(act['action'])?.replaceAll('_', ' '),
    text(act['role'])?.replaceAll('_', ' '),
    text(resource?.['id']),
    ...TELLING.map((key) => text(data[key])),
    text(object(data['pipeline'])?.['name']),
    text(object(data['approval'])?.['verdict']),
    typeof data['authorized_seq'] === 'number' ? `of entry ${data['authorized_seq']}` : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

const object = (value: Json | undefined): JsonObject | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;

const text = (value: Json | undefined): string | undefined =>
  typeof value === 'number' ? String(value) : typeof value === 'string' && value !== '' ? value : undefined;
