import { refused } from './errno';
import type { Program } from './fd-calls';

/** Time of day, time since the start, and the processor time of process and thread, which here is that since the start. */
const CLOCKS = 4;
const REALTIME = 0;

/** The virtual clock, in nanoseconds. @throws Refused `inval` */
export function clockOf({ host }: Pick<Program, 'host'>, id: number): bigint {
  if (id < 0 || id >= CLOCKS) throw refused('inval');
  return id === REALTIME ? host.time : host.elapsed;
}
