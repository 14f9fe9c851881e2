import { LIMITS } from '../protocol/limits';
import type { Decision } from '../policy';
import { GovernanceError, type ActionName } from './types';

export const cancelled = (): GovernanceError =>
  new GovernanceError('cancelled', 'The action was cancelled before it was permitted.', {
    advice: 'Nothing was done; start it again when you want it.',
  });

export const overloaded = (): GovernanceError =>
  new GovernanceError('overloaded', `${LIMITS.kernelInFlight} governed actions are already under way.`, {
    advice: 'Wait until some have ended, then try again.',
  });

export function denied(action: ActionName, decision: Decision): GovernanceError {
  const { policies, errors } = decision;
  const why =
    errors.length > 0
      ? `a policy failed to evaluate: ${errors.map(({ id, message }) => `${id}: ${message}`).join('; ')}`
      : policies.length > 0
        ? `forbidden by ${policies.join(', ')}`
        : 'no policy permits it';
  return new GovernanceError('denied', `${action} was refused: ${why}.`, {
    advice: 'The owner can permit it under Policies.',
    details: { policies },
  });
}

export const refusedByApprover = (): GovernanceError =>
  new GovernanceError('approval_refused', 'The owner refused this action.', { advice: 'Nothing was done.' });

export const approvalExpired = (): GovernanceError =>
  new GovernanceError('approval_expired', 'The request for approval expired before it was answered.', {
    advice: 'Ask again.',
  });

/** Text for a log entry: bounded, and whole characters. */
export const brief = (message: string): string => message.slice(0, 500).toWellFormed();
