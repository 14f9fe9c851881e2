export { formatSwarmKey, NETWORK_KEY_BYTES, parseSwarmKey, relayKeyOf } from './keys';
export { KeyStream, NONCE_BYTES } from './key-stream';
export { CHUNK_BYTES, PrivateConnection } from './connection';
export { protect, twoKeyProtector } from './protector';
export type { NetworkKeys } from './protector';
