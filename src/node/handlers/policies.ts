import type { Handlers } from '../dispatch';
import type { Running } from '../running';

type PolicyHandlers = Pick<Handlers, 'GetPolicies' | 'ValidatePolicies' | 'SignPolicies'>;

export function policyHandlers(running: () => Running): PolicyHandlers {
  return {
    GetPolicies: () => {
      const { governance } = running();
      return Promise.resolve({ current: governance.currentPolicy(), history: governance.policyHistory() });
    },
    ValidatePolicies: ({ cedar }) => Promise.resolve(running().governance.checkPolicies(cedar)),
    SignPolicies: ({ cedar }) => running().governance.setPolicies(cedar),
  };
}
