import type { NodeApi, NodeEvent } from '../../protocol/messages';
import { LIMITS } from '../../protocol/limits';
import type { SovereignNode } from '../types';
import type { HostPool } from './host-pool';

/**
 * What one tab holds: its own bound on requests, and events that are dropped rather than queued without end. A tab that
 * missed some hears `resync` and re-reads.
 */
export function createSession(node: SovereignNode, hosts: HostPool): { api: NodeApi; end: () => void } {
  const session = node.session();
  let unsubscribe: (() => void) | undefined;
  const api: NodeApi = {
    request: (request) => session(request),
    putBlob: (bytes) => node.putBlob(bytes),
    getBlob: (sha256) => node.getBlob(sha256),
    subscribe: (listener) => {
      unsubscribe?.();
      unsubscribe = node.subscribe(boundedListener(listener));
      return Promise.resolve();
    },
    attachHost: (port, lock) => {
      hosts.add(port, lock);
      return Promise.resolve();
    },
  };
  return { api, end: () => unsubscribe?.() };
}

/** `listener` crosses a port, so it answers with a promise whatever its type says. */
export function boundedListener(listener: (event: NodeEvent) => unknown): (event: NodeEvent) => void {
  let underWay = 0;
  let dropped = false;
  const send = (event: NodeEvent): void => {
    underWay += 1;
    void Promise.resolve(listener(event)).finally(() => {
      underWay -= 1;
      if (!dropped || underWay > 0) return;
      dropped = false;
      send({ type: 'resync' });
    });
  };
  return (event) => {
    if (underWay < LIMITS.eventQueue) send(event);
    else dropped = true;
  };
}
