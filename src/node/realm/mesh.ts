import type { RelayedMesh } from '../../mesh';
import type { MeshRealm } from '../mesh/types';
import type { HostPool } from './host-pool';

/** The mesh of a browser's node: WebSockets to relays from this worker, direct links over the tabs that are open. */
export function browserMesh(hosts: HostPool): MeshRealm {
  let open: RelayedMesh | undefined;
  hosts.onCame(() => open?.hurry());
  self.addEventListener('online', () => open?.hurry());
  const borrow = async () => {
    const { lent, gone } = await hosts.borrow((host) => host.openRtc());
    return { port: lent, gone };
  };
  return {
    direct: true,
    async open(options) {
      const { openBrowserMesh } = await import('../../mesh/browser');
      open = await openBrowserMesh(options, borrow);
      return open;
    },
    async connect() {
      const { connectBrowser } = await import('../../mesh/browser');
      return connectBrowser(borrow);
    },
  };
}
