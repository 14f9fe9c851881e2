/**
 * Where there is no SharedWorker: the node runs in the dedicated worker of the tab that holds the leader's lock, and the
 * other tabs' workers reach it over a BroadcastChannel. Ports cannot cross one, so only JSON and bytes do; a tab's host
 * is attached once its own worker leads.
 */
import { NodeError } from '../errors';
import { toWireError, type WireError } from '../../protocol/errors';
import type { NodeApi, NodeEvent, WireRequest, WireResponse } from '../../protocol/messages';

type Verb = 'request' | 'putBlob' | 'getBlob';
type Frame =
  | { kind: 'call'; from: string; id: number; verb: Verb; value: unknown }
  | { kind: 'answer'; to: string; id: number; value: unknown }
  | { kind: 'event'; event: NodeEvent }
  | { kind: 'leader' };

/** Serves `api` to the workers of other tabs. */
export function serveChannel(
  name: string,
  api: NodeApi,
  subscribe: (listener: (event: NodeEvent) => void) => void,
): void {
  const channel = new BroadcastChannel(name);
  const post = (frame: Frame) => channel.postMessage(frame);
  channel.onmessage = ({ data }: MessageEvent<Frame>) => {
    if (data.kind !== 'call') return;
    const { from, id, verb, value } = data;
    void call(api, verb, value).then((answer) => post({ kind: 'answer', to: from, id, value: answer }));
  };
  subscribe((event) => post({ kind: 'event', event }));
  post({ kind: 'leader' });
}

async function call(api: NodeApi, verb: Verb, value: unknown): Promise<unknown> {
  try {
    if (verb === 'request') return await api.request(value as WireRequest);
    if (verb === 'putBlob') return await api.putBlob(value as Uint8Array);
    return await api.getBlob(value as string);
  } catch (error) {
    return { Error: toWireError(error) };
  }
}

/** The other tabs' view of the leader's node. `attach` receives this tab's host for the day it leads. */
export function channelClient(
  name: string,
  attach: (port: MessagePort, lock: string) => void,
): NodeApi & { close(): void } {
  const channel = new BroadcastChannel(name);
  const me = crypto.randomUUID();
  const waiting = new Map<number, (answer: unknown) => void>();
  const listeners = new Set<(event: NodeEvent) => void>();
  let next = 0;
  const lost: { Error: WireError } = {
    Error: toWireError(
      new NodeError('not_ready', 'The tab that ran the node closed before it answered.', { advice: 'Try again.' }),
    ),
  };
  const abandon = () => {
    for (const answer of waiting.values()) answer(lost);
    waiting.clear();
  };
  channel.onmessage = ({ data }: MessageEvent<Frame>) => {
    if (data.kind === 'event') for (const listener of listeners) listener(data.event);
    else if (data.kind === 'leader') {
      abandon();
      for (const listener of listeners) listener({ type: 'resync' });
    } else if (data.kind === 'answer' && data.to === me) {
      waiting.get(data.id)?.(data.value);
      waiting.delete(data.id);
    }
  };
  const ask = <R>(verb: Verb, value: unknown) =>
    new Promise<R>((resolve) => {
      const id = next++;
      waiting.set(id, resolve as (answer: unknown) => void);
      channel.postMessage({ kind: 'call', from: me, id, verb, value } satisfies Frame);
    });
  return {
    request: (request) => ask<WireResponse>('request', request),
    putBlob: (bytes) => ask('putBlob', bytes),
    getBlob: (sha256) => ask('getBlob', sha256),
    subscribe: (listener) => {
      listeners.add(listener);
      return Promise.resolve();
    },
    attachHost: (port, lock) => {
      attach(port, lock);
      return Promise.resolve();
    },
    close: () => {
      abandon();
      channel.close();
    },
  };
}
