import type { NodeApi, WorkerApi } from '../../protocol/messages';
import { channelClient, serveChannel } from './channel';
import { exposeCalls } from './door';
import { holdLife } from './life';
import { createSession } from './session';
import { startNode } from './shared';

const LEADER_LOCK = 'sovereign-leader';
const CHANNEL = 'sovereign-node';

/** Serves this worker's own tab: by itself when it holds the leader's lock, through the leader until then. */
export function serveDedicated(): void {
  let host: { port: MessagePort; lock: string } | undefined;
  const remote = channelClient(CHANNEL, (port, lock) => (host = { port, lock }));
  const listeners = new Set<Parameters<NodeApi['subscribe']>[0]>();
  let current: NodeApi = remote;
  const held = holdLife();
  const front: WorkerApi = {
    request: (request) => current.request(request),
    putBlob: (bytes) => current.putBlob(bytes),
    getBlob: (sha256) => current.getBlob(sha256),
    attachHost: (port, lock) => current.attachHost(port, lock),
    life: () => held,
    subscribe: (listener) => {
      listeners.add(listener);
      return current.subscribe(listener);
    },
  };
  exposeCalls(front, self);
  void navigator.locks.request(LEADER_LOCK, () => {
    const { node, hosts } = startNode('dedicated-worker');
    current = createSession(node, hosts).api;
    remote.close();
    if (host) hosts.add(host.port, host.lock);
    for (const listener of listeners) void current.subscribe(listener);
    serveChannel(CHANNEL, createSession(node, hosts).api, (listener) => node.subscribe(listener));
    return new Promise<never>(() => undefined);
  });
}
