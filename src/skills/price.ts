/** What a run costs: `50 IPPC × seconds`, the seconds being those that its gas stands for and not a clock's. */
import { GAS_PER_MICRO, gasWithin, MICRO } from '../protocol/run-limits';
import { SkillError, type SkillRequest } from './types';

/** In micro-IPPC, rounded up. */
export const priceOf = (gas: number): number => Math.ceil(gas / GAS_PER_MICRO);
/** Micro-IPPC for a person. */
export const inIppc = (micro: number): string => `${micro / MICRO} IPPC`;

/**
 * The gas that a run may use: its limit, or less where the budget does not pay for it.
 * @throws SkillError `budget_exhausted` when the budget pays for nothing
 */
export function effectiveGas({ limits, budget }: Pick<SkillRequest, 'limits' | 'budget'>): number {
  if (budget === undefined) return limits.gas;
  if (budget > 0) return gasWithin(limits.gas, budget);
  throw new SkillError('budget_exhausted', 'There is no budget left for the skill.', {
    advice: 'Raise the budget, or wait for the next one.',
    details: { budget },
  });
}
