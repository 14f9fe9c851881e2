export * from './types';
export { Witness } from './witness';
export type { WitnessOptions } from './witness';
export { readLogList } from './logs';
export { formatRegistration } from './registration';
