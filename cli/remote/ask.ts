import { decodeResult, encodeRequest } from '../../src/protocol/codec';
import type { IpcClient } from '../../src/mesh/ipc';
import type { Params, RequestName, Result, WireResponse } from '../../src/protocol/messages';

/** What a command leaves: the node's answer as it crossed, and in words. */
export interface Said {
  answer: WireResponse;
  words: string;
  /** The exit code; 0 unless said otherwise. */
  code?: number;
}

/** @throws SovereignError with the node's own code */
export async function ask<N extends RequestName>(
  node: IpcClient,
  name: N,
  params: Params<N>,
): Promise<{ answer: WireResponse; result: Result<N> }> {
  const answer = await node.request(encodeRequest(name, params));
  return { answer, result: decodeResult(name, answer) };
}
