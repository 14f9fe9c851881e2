/**
 * Keys of a node: made, derived, sealed at rest, bound to a device, backed up and restored. docs/identity.md has the
 * formats and says what is protected and what is not.
 */
export * from './types';
export { createIdentityService } from './service';
export { openedIdentity } from './opened';
export { browserTraits } from './traits';
export { browserDeviceKey } from './device-key';
export { decrypt, encrypt, importAes } from './box';
export { cloneSuspected } from './binding';
export { fingerprintWords } from './phrase';
