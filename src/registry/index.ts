/**
 * Skills from outside: signed manifests, what their capabilities mean, a signed index for any static server, and which
 * versions a node has, as one pure fold over its log. docs/registry.md.
 */
export * from './types';
export { compareVersions } from './semver';
export { manifestAddress, parseManifest, readManifest, wanted } from './manifest';
export { checkManifest, openPackage, signManifest } from './sign';
export { entryOf, INDEX_FILE, indexBytes, manifestFile, moduleFile, parseIndex, signIndex } from './index-file';
export {
  EMPTY_REGISTRY,
  readChange,
  REGISTRY_EVENTS,
  registryDigest,
  type InstalledSkill,
  type InstalledVersion,
  type RegistryChange,
  type RegistryState,
} from './state';
export { requireNotRevoked, revocationOf, step } from './step';
