import type { WorkerApi } from '../../protocol/messages';
import type { SovereignNode } from '../types';
import { createBrowserNode } from './browser';
import { exposeCalls } from './door';
import { HostPool, watchWebLock } from './host-pool';
import { holdLife } from './life';
import { createSession } from './session';
import { takeWriterLock } from './writer-lock';

const WRITER_LOCK = 'sovereign-writer';

/** Starts the node in this worker; its store opens only once the writer's lock is held. */
export function startNode(realm: 'shared-worker' | 'dedicated-worker'): { node: SovereignNode; hosts: HostPool } {
  const hosts = new HostPool(watchWebLock, () => node.hostsChanged(hosts.size));
  const node = createBrowserNode(realm, hosts);
  void takeWriterLock(WRITER_LOCK, () => node.giveUp()).then(() => node.start());
  return { node, hosts };
}

/** Serves every tab that connects to this SharedWorker. */
export function serveShared(scope: { onconnect: ((event: MessageEvent) => void) | null }): void {
  const { node, hosts } = startNode('shared-worker');
  const held = holdLife();
  scope.onconnect = (event) => {
    const api: WorkerApi = { ...createSession(node, hosts).api, life: () => held };
    exposeCalls(api, event.ports[0]!);
  };
}
