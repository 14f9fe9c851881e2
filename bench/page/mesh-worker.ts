/** A node and a mesh in one SharedWorker, as the app has them. */
import '../../src/host/trusted-types';
import * as Comlink from 'comlink';
import { openBrowserMesh } from '../../src/mesh/browser';
import { startNode } from '../../src/node/realm/shared';
import { MeshSide } from './mesh-side';

const scope = self as unknown as SharedWorkerGlobalScope;
const { node, hosts } = startNode('shared-worker');
const side = new MeshSide(
  (options) =>
    openBrowserMesh(options, async () => {
      const { lent, gone } = await hosts.borrow((host) => host.openRtc());
      return { port: lent, gone };
    }),
  node.session(),
);

scope.onconnect = ({ ports }) => {
  Comlink.expose({ attachHost: (port: MessagePort, lock: string) => hosts.add(port, lock), side }, ports[0]);
};
