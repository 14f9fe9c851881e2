/** The mesh: what other members can be asked for, and how. Each protocol has a folder, and an index, of its own. */
export { MeshError, type MeshCode } from './errors';
export { askAdmission } from './admission';
export { systemSchedule } from './schedule';
export { peerIdOf, publicKeyOfPeer } from './peer-id';
export type { Mesh, MeshPeer, MeshStream } from './types';
export type { RelayState, RelayedMesh, MeshOptions } from './libp2p';
