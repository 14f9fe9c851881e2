/**
 * The log. The bundler is src/audit/export, apart: it is needed now and then, and then fetched.
 */
export * from './types';
export { openLog } from './log';
export type { LogOptions } from './log';
export { checkLog } from './recover';
export { CHECKPOINT_RECORD, OLD_CHECKPOINT_RECORD, makeCheckpoint, readCheckpoint } from './checkpoint';
export { LogCore } from './core';
export type { Line, LogState } from './core';
export { parseLine, prepareEntry } from './entry';
export type { PreparedEntry } from './entry';
export { signStatement } from './dsse';
