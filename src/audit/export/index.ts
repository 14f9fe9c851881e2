export { buildBundle, type BundleInput } from './build';
export { zipBundle } from './zip';
export { packFile, type PackedFile } from './pack';
export type { ExportCode } from './errors';
