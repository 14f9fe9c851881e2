export { compareCheckpoint } from './compare';
export { ownNote, proveEntry, proveUnder } from './prove';
