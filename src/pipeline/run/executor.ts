import type { Executor, OrderGate } from '../../governance';
import type { Pipelines } from './machine';

/**
 * The executor of `run_stage`. It checks its order itself, like every other, and then lets the machine work on the stage
 * that the order names; each effect of that work needs an order of its own.
 *
 * @param pipelines asked for when an order comes: the machine is made after the kernel.
 */
export function stageExecutor(gate: OrderGate, pipelines: () => Pick<Pipelines, 'perform'>): Executor {
  return {
    audience: 'pipeline',
    async execute(order, args) {
      await gate.check(order, { audience: 'pipeline', action: 'run_stage', args });
      return await pipelines().perform(order, args);
    },
  };
}
