import { inWords } from '../../protocol/grants';
import type { SkillManifest } from '../../registry/types';
import type { Json, JsonObject } from '../../protocol/json';
import type { EntryView, SkillRunResult } from '../../protocol/messages';
import type { BadgeKind } from './badges';
import { bytes, duration } from './format';

const PAGE_BYTES = 65_536;

/** What a skill may do, in one line. */
export const canDo = (grants: readonly string[]): string =>
  grants.length === 0 ? 'Asks for nothing from outside' : `May ${grants.map(inWords).join(', and ')}`;

/** What bounds it. */
export const limitWords = ({ memoryPages, wallMs, outputBytes, gas }: SkillManifest['limits']): string[] => [
  `At most ${bytes(memoryPages * PAGE_BYTES)} of memory, and answers at most ${bytes(outputBytes)}`,
  `At most ${gas.toLocaleString('en')} gas, and ${duration(wallMs)}`,
];

/** A run that is over, as its record in the log tells it. */
interface PastRun {
  seq: number;
  ts: string;
  outcome: SkillRunResult['outcome'];
  gas: number;
}

/** The runs of one skill among log entries, newest first. */
export function runsOf(entries: readonly EntryView[], module: string, entry: string | undefined): PastRun[] {
  return entries.flatMap(({ entry: { seq, ts, data } }) => {
    const record = object(object(data['result'])['execution'] ?? data['execution']);
    const { module_sha256, entry: called, outcome, gas } = record;
    if (module_sha256 !== module || (called ?? undefined) !== entry || typeof gas !== 'number') return [];
    return typeof outcome === 'string' && outcome in OUTCOME_WORDS
      ? [{ seq, ts, outcome: outcome as PastRun['outcome'], gas }]
      : [];
  });
}

const object = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};

export const OUTCOME_BADGES: Record<SkillRunResult['outcome'], BadgeKind> = {
  ok: 'pass',
  trap: 'fail',
  out_of_gas: 'fail',
  stack_overflow: 'fail',
  exit: 'fail',
  bad_output: 'fail',
  cancelled: 'stopped',
  host_fault: 'fail',
};

export const OUTCOME_WORDS: Record<SkillRunResult['outcome'], string> = {
  ok: 'Done',
  trap: 'The skill stopped with an error of its own',
  out_of_gas: 'The skill used up its gas',
  stack_overflow: 'The skill called itself too deep',
  exit: 'The skill ended with an error',
  bad_output: 'The skill answered with something that is not allowed',
  cancelled: 'Stopped',
  host_fault: 'The skill was ended: too slow, too large, or its worker was lost',
};
