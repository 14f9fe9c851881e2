/** A side of the mesh's benchmark: `?in=worker` or `?in=window`. scripts/lib/mesh-bench.mjs drives two of them. */
import '../../src/host/trusted-types';
import * as Comlink from 'comlink';
import { lendHost } from '../../src/host/lend';
import type { MeshSide } from './mesh-side';

type Side = Record<string, (...args: unknown[]) => Promise<unknown>>;

/** The browser's own account of what came in directly: that the figures are WebRTC's. */
const connections: RTCPeerConnection[] = [];
globalThis.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(configuration?: RTCConfiguration) {
    super(configuration);
    connections.push(this);
  }
};

async function bytesIn(): Promise<number> {
  let bytes = 0;
  for (const connection of connections) {
    (await connection.getStats()).forEach((one: { type: string; bytesReceived?: number }) => {
      if (one.type === 'data-channel') bytes += one.bytesReceived ?? 0;
    });
  }
  return bytes;
}

async function inWindow(): Promise<Side> {
  const [{ MeshSide }, { openMesh }, { webRTC }] = await Promise.all([
    import('./mesh-side'),
    import('../../src/mesh/libp2p'),
    import('@libp2p/webrtc'),
  ]);
  const direct = webRTC({ rtcConfiguration: { iceServers: [] } });
  return new MeshSide((options) => openMesh({ ...options, direct })) as unknown as Side;
}

function inWorker(): () => Side {
  const { port } = new SharedWorker(new URL('./mesh-worker.ts', import.meta.url), { type: 'module' });
  const worker = Comlink.wrap<{ attachHost(port: MessagePort, lock: string): Promise<void>; side: MeshSide }>(port);
  void lendHost((lent, lock) => worker.attachHost(Comlink.transfer(lent, [lent]), lock));
  // Not for an await: comlink's objects look like promises.
  return () => worker.side as unknown as Side;
}

const isWindow = new URLSearchParams(location.search).get('in') === 'window';
const opened = isWindow ? inWindow().then((side) => () => side) : Promise.resolve(inWorker());
Object.assign(globalThis, {
  bytesIn,
  /** A side's function by its name. */
  side: async (name: string, ...args: unknown[]): Promise<unknown> => (await opened)()[name]!(...args),
});
