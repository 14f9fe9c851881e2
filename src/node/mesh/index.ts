/** The mesh of a node. Fetched when it is a member of one, or its owner asks. */
export { NodeMesh } from './node-mesh';
export { serveMembers } from './serve';
export { followMembers } from './witnessing';
