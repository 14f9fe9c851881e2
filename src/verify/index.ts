export { verifyBundle } from './verify';
export { accepted, askedFor } from './accepted';
export { zipReader } from './zip';
export { memoryReader } from './memory';
export { checkNames, checkPath, checkSize, checkTotal } from './names';
export { parseGovernanceKey } from './key';
export * from './types';
export { serveVerify } from './wire';
