import type { Handlers } from '../dispatch';
import type { Machine } from '../node';
import { approvalHandlers } from './approvals';
import { identityHandlers } from './identity';
import { installHandlers } from './installs';
import { keyHandlers } from './keys';
import { lifeHandlers } from './life';
import { logHandlers } from './log';
import { notBuilt } from './not-built';
import { pipelineHandlers } from './pipelines';
import { policyHandlers } from './policies';
import { privacyHandlers } from './privacy';
import { proofHandlers } from './proofs';
import { replayHandlers } from './replay';
import { settingHandlers } from './settings';
import { skillHandlers } from './skills';
import { witnessHandlers } from './witnesses';

/** Every request of the contract; the type sees to it that none is forgotten. */
export function createHandlers(machine: Machine): Handlers {
  const running = () => machine.running();
  const { assets, clock, persist } = machine.options;
  return {
    ...lifeHandlers(machine),
    ...identityHandlers(machine),
    ...logHandlers(running),
    ...proofHandlers(running),
    ...witnessHandlers(running),
    ...keyHandlers(machine),
    ...privacyHandlers(running),
    ...pipelineHandlers(running, assets, () => clock.now()),
    ...approvalHandlers(running),
    ...skillHandlers(running),
    ...installHandlers(running),
    ...replayHandlers(running, () => machine.supervisor.watch('skills', machine.options.skills)),
    ...policyHandlers(running),
    ...settingHandlers(() => machine.storage().records, persist),
    ...notBuilt,
  };
}
