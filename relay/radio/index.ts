export { openRadio } from './radio';
export type { Radio, RadioOptions, RadioStatus } from './radio';
export { RADIO_LIMITS } from './limits';
export type { RadioLimits } from './limits';
