import { fromHex } from '../../crypto';
import { GovernanceError } from '../../governance/types';
import { decodeResult, encodeRequest } from '../../protocol/codec';
import type { Json, JsonObject } from '../../protocol/json';
import type { Params, RequestName } from '../../protocol/messages';
import type { Machine } from '../node';
import type { SignedDecision } from './decision';
import { ASKED } from './requests';

/** By the device's own signature, not in the owner's name. */
async function decided(machine: Machine, { peer, key, approval }: SignedDecision): Promise<null> {
  await machine.running().governance.submitFrom({ peer, key: fromHex(key)! }, approval);
  return null;
}

/** Makes a request in the owner's name, for the executor of `ask`. @throws GovernanceError `denied`, or the node's error */
export function askHere(machine: Machine): (request: string, params: JsonObject | null) => Promise<Json> {
  return async (request, params) => {
    const name = request as RequestName;
    if (!ASKED.has(name)) throw new GovernanceError('denied', `${request} is never made for another device.`);
    if (name === 'DecideApproval') {
      const { readSigned } = await import('./decision');
      const signed = readSigned(params);
      if (signed) return decided(machine, signed);
    }
    const wire = encodeRequest(name, (params ?? undefined) as Params<typeof name>);
    return decodeResult(name, await machine.request(wire)) as Json;
  };
}
