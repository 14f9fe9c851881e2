import type { NodeOptions } from '../../src/node/types';

/** How a terminal joins a mesh: over relays. Its code is fetched once the node is a member of one. */
export const relayedMesh: NonNullable<NodeOptions['mesh']> = {
  direct: false,
  async open(options) {
    const [{ openMesh, polyfillNode }, { WebSocket }] = await Promise.all([
      import('../../src/mesh/libp2p'),
      import('ws'),
    ]);
    polyfillNode(WebSocket);
    return openMesh(options);
  },
};
