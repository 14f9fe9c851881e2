import { GovernanceError } from '../../governance/types';
import { decodeResult, encodeRequest } from '../../protocol/codec';
import type { Json, JsonObject } from '../../protocol/json';
import type { Params, RequestName } from '../../protocol/messages';
import type { Machine } from '../node';
import { ASKED } from './requests';

/** Makes a request in the owner's name, for the executor of `ask`. @throws GovernanceError `denied`, or the node's error */
export function askHere(machine: Machine): (request: string, params: JsonObject | null) => Promise<Json> {
  return async (request, params) => {
    const name = request as RequestName;
    if (!ASKED.has(name)) throw new GovernanceError('denied', `${request} is never made for another device.`);
    const wire = encodeRequest(name, (params ?? undefined) as Params<typeof name>);
    return decodeResult(name, await machine.request(wire)) as Json;
  };
}
