export { buildBundle, type BundleInput } from './build';
export { collectEvidence } from './evidence';
export { zipBundle } from './zip';
export type { ExportCode } from './errors';
