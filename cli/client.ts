import type { SovereignNode } from '../src/node';
import type { CallParams } from '../src/protocol/client';
import { decodeResult, encodeRequest } from '../src/protocol/codec';
import { fromWireError, type WireError } from '../src/protocol/errors';
import type { Params, RequestName, Result } from '../src/protocol/messages';

/** Asks a node in this process, as a tab asks the one in its worker. @throws SovereignError with the node's code */
export async function call<N extends RequestName>(
  node: SovereignNode,
  name: N,
  ...params: CallParams<N>
): Promise<Result<N>> {
  return decodeResult(name, await node.request(encodeRequest(name, params[0] as Params<N>)));
}

export async function putBlob(node: SovereignNode, bytes: Uint8Array): Promise<string> {
  return unwrap(await node.putBlob(bytes));
}

export async function getBlob(node: SovereignNode, sha256: string): Promise<Uint8Array> {
  return unwrap(await node.getBlob(sha256));
}

function unwrap<T>(answer: { Ok: T } | { Error: WireError }): T {
  if ('Error' in answer) throw fromWireError(answer.Error);
  return answer.Ok;
}
