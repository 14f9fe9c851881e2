export * from './types';
export { createMemoryStorage, MemoryDisk } from './memory';
export type { MemoryOptions } from './memory';
export { openIdbStorage } from './idb';
export type { IdbOptions } from './idb';
export {
  blobName,
  checkBlob,
  corrupt,
  decodeRecord,
  encodeChanges,
  quotaExceeded,
  recordKey,
  recordName,
  unavailable,
  writerLost,
} from './record';
