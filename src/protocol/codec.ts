/** Names and parameters ⇄ the wire's shapes (see messages.ts). The one place that knows serde's external tagging. */
import { fromWireError } from './errors';
import type { Params, RequestName, Result, WireRequest, WireResponse } from './messages';

/** The seed's own names for answers; every other request answers `Ok`. */
const TAGS: Partial<Record<RequestName, string>> = {
  GetStatus: 'Status',
  QueryCore: 'CoreResult',
  RunWasm: 'WasmOutput',
  MeshDial: 'MeshGeneric',
  MeshPeers: 'MeshGeneric',
  VerifyLicense: 'LicenseResult',
};

export function encodeRequest<N extends RequestName>(name: N, params: Params<N>): WireRequest {
  return (params === undefined ? name : { [name]: params }) as WireRequest;
}

/** Splits a wire request. `undefined` for anything that is not one: a name, or an object with exactly one key. */
export function decodeRequest(wire: unknown): { name: string; params: unknown } | undefined {
  if (typeof wire === 'string') return { name: wire, params: undefined };
  if (typeof wire !== 'object' || wire === null || Array.isArray(wire)) return undefined;
  const keys = Object.keys(wire);
  if (keys.length !== 1) return undefined;
  const name = keys[0]!;
  return { name, params: (wire as Record<string, unknown>)[name] };
}

export function encodeResult<N extends RequestName>(name: N, result: Result<N>): WireResponse {
  if (name === 'Ping') return 'Pong';
  return { [TAGS[name] ?? 'Ok']: result } as WireResponse;
}

/**
 * The answer to `name`.
 * @throws SovereignError with the node's own code when the answer is an error.
 */
export function decodeResult<N extends RequestName>(name: N, response: WireResponse): Result<N> {
  if (response === 'Pong') return 'Pong';
  if ('Error' in response) throw fromWireError(response.Error);
  return (response as Record<string, unknown>)[TAGS[name] ?? 'Ok'] as Result<N>;
}
