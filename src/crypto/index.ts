export * from './encoding';
export * from './hash';
export * from './jcs';
export * from './ed25519';
