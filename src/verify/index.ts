export { verifyBundle } from './verify';
export { zipReader } from './zip';
export { memoryReader } from './memory';
export { checkNames, checkSize, checkTotal } from './names';
export { parseGovernanceKey } from './key';
export * from './types';
