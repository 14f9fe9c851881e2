/** What a run costs: `50 IPPC × seconds`, the seconds being those that its gas stands for and not a clock's. */

import { SkillError, type SkillRequest } from './types';

/** Nominal: compiled code burns between 0.3 and 3 billion units a second (docs/metering.md). */
export const GAS_PER_SECOND = 1_000_000_000;
const IPPC_PER_SECOND = 50;
const MICRO = 1_000_000;
/** 20 units of gas cost one micro-IPPC: whole numbers, so that every machine agrees. */
const GAS_PER_MICRO = GAS_PER_SECOND / (IPPC_PER_SECOND * MICRO);

/** In micro-IPPC, rounded up. */
export const priceOf = (gas: number): number => Math.ceil(gas / GAS_PER_MICRO);
/** Micro-IPPC for a person. */
export const inIppc = (micro: number): string => `${micro / MICRO} IPPC`;
/** The most gas whose price is within a budget of micro-IPPC. */
const gasFor = (budget: number): number => budget * GAS_PER_MICRO;

/**
 * The gas that a run may use: its limit, or less where the budget does not pay for it.
 * @throws SkillError `budget_exhausted` when the budget pays for nothing
 */
export function effectiveGas({ limits, budget }: Pick<SkillRequest, 'limits' | 'budget'>): number {
  if (budget === undefined) return limits.gas;
  if (budget > 0) return Math.min(limits.gas, gasFor(budget));
  throw new SkillError('budget_exhausted', 'There is no budget left for the skill.', {
    advice: 'Raise the budget, or wait for the next one.',
    details: { budget },
  });
}
