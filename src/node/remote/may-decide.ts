import type { PendingApproval } from '../../governance';
import type { JsonObject } from '../../protocol/json';
import { NodeError } from '../errors';

/** @throws NodeError `refused` where the device asks for it itself: approvals are somebody else's word */
export function checkDecider(peer: string, request: PendingApproval | undefined): void {
  const { type, id } = request?.intent.principal ?? {};
  if (type === 'Member' && id === peer)
    throw refused('This device asked for it itself.', 'Decide at the node, or on another device that may control it.');
}

/**
 * What a device may decide in the owner's name: a yes or a no, where one approver is enough. Where more are needed it
 * signs with its own key, or one device would count as two; what changes the policies is decided at the node.
 * @throws NodeError `refused` | `bad_request`
 */
export function checkOwnersDecision(params: JsonObject, request: PendingApproval | undefined): void {
  // It is personal, and would stand in an order's arguments.
  if ('note' in params) {
    const advice = 'Decide without a note.';
    throw new NodeError('bad_request', 'A note is only taken at the node itself.', { advice });
  }
  if (params['verdict'] !== 'yes' && params['verdict'] !== 'no')
    throw refused('Policies are only changed at the node itself.', 'Decide with yes or no, for this once.');
  if (request && request.needed > 1)
    throw refused(
      `It needs ${request.needed} approvers, each with a key of its own.`,
      'Decide on a device, under Approvals.',
    );
}

const refused = (message: string, advice: string): NodeError => new NodeError('refused', message, { advice });
