export { compareCheckpoint } from './compare';
export { proveEntry } from './prove';
