import { inWords } from '../../protocol/grants';
import type { SkillManifest } from '../../registry/types';
import type { SkillRunResult } from '../../protocol/messages';
import { bytes, duration } from './format';

const PAGE_BYTES = 65_536;

/** What a skill may do, in plain words. */
export function capabilities({ grants, limits }: Pick<SkillManifest, 'limits'> & { grants: string[] }): string[] {
  return [
    ...(grants.length === 0 ? ['Asks for nothing from outside'] : grants.map((grant) => `May ${inWords(grant)}`)),
    `At most ${bytes(limits.memoryPages * PAGE_BYTES)} of memory`,
    `At most ${duration(limits.wallMs)}`,
    `Answers at most ${bytes(limits.outputBytes)}`,
  ];
}

export const OUTCOME_WORDS: Record<SkillRunResult['outcome'], string> = {
  ok: 'Done',
  trap: 'The skill stopped with an error of its own',
  out_of_gas: 'The skill used up its gas',
  stack_overflow: 'The skill called itself too deep',
  exit: 'The skill ended with an error',
  bad_output: 'The skill answered with something that is not allowed',
  host_fault: 'The skill was ended: too slow, too large, or its worker was lost',
};
