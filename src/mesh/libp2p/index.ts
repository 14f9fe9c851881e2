export { openMesh, type MeshOptions } from './open';
export type { RelayedMesh } from './mesh';
export type { RelayState } from './relays';
export { polyfillNode } from './polyfill';
