export { inspectModule, type ExternKind, type ModuleInfo, type SizeLimits } from './instrument';
