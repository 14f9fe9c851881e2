import * as v from 'valibot';
import { SovereignError, toWireError } from '../protocol/errors';
import { LIMITS } from '../protocol/limits';
import { decodeRequest, encodeResult } from '../protocol/codec';
import type { Params, RequestName, Result, WireRequest, WireResponse } from '../protocol/messages';
import { NodeError } from './errors';
import { SCHEMAS } from './schemas';

export type Handlers = { [N in RequestName]: (params: Params<N>) => Promise<Result<N>> };

/**
 * Turns wire requests into handler calls: decode, check, bound, run, encode. Never rejects: whatever goes wrong is an
 * `Error` answer with a code. `onCrash` hears of throws that are not typed refusals.
 */
export function createDispatcher(
  handlers: (name: RequestName) => Handlers[RequestName],
  onCrash: (name: RequestName, error: unknown) => void,
): (request: WireRequest) => Promise<WireResponse> {
  let underWay = 0;
  return async (request) => {
    try {
      const { name, params } = check(request);
      if (underWay >= LIMITS.requestsPerTab) {
        throw new NodeError('overloaded', `${underWay} requests are under way already.`, {
          advice: 'Wait for some to finish and try again.',
        });
      }
      underWay += 1;
      try {
        const handler = handlers(name) as (params: unknown) => Promise<Result<RequestName>>;
        return encodeResult(name, await handler(params));
      } catch (error) {
        if (!(error instanceof SovereignError)) onCrash(name, error);
        throw error;
      } finally {
        underWay -= 1;
      }
    } catch (error) {
      return { Error: toWireError(error) };
    }
  };
}

function check(request: WireRequest): { name: RequestName; params: unknown } {
  const decoded = decodeRequest(request);
  if (!decoded) throw new NodeError('bad_request', 'A request is a name, or an object with one name as its key.');
  if (!Object.hasOwn(SCHEMAS, decoded.name)) {
    throw new NodeError(
      'unknown_request',
      `This node does not know the request ${JSON.stringify(decoded.name.slice(0, 64))}.`,
    );
  }
  const name = decoded.name as RequestName;
  const parsed = v.safeParse(SCHEMAS[name], decoded.params);
  if (parsed.success) return { name, params: parsed.output };
  const issue = parsed.issues[0];
  const where = v.getDotPath(issue);
  throw new NodeError('bad_request', `${name}${where ? `.${where}` : ''}: ${issue.message}`);
}
