import { HOST_GAS } from '../weights';
import { Stop } from '../stop';
import type { Session } from '../types';
import { IMPORTS } from './names';

const PAGE = 65_536;
/** As in WASI. */
const ENOSYS = 52;
const EFAULT = 21;
const ESPIPE = 70;
const DAY = 86_400;

type Name = keyof typeof IMPORTS;
type Functions = Record<Name, (...args: never[]) => number | void>;

/** What the C library under QuickJS asks of its host: no files, no environment, time and chance as the order says. */
export function importsOf({ host, memory }: Session, wasm: WebAssembly.Memory) {
  let seed: number | undefined;
  const trap = (what: string) => (): never => {
    throw new Stop('trap', what);
  };
  const number = (pointer: number, value: number) => {
    const view = memory.view(pointer, 4);
    if (!view) throw new Stop('trap', 'a pointer leads outside its memory');
    new DataView(view.buffer, view.byteOffset).setInt32(0, value, true);
  };
  const functions: Functions = {
    assertFail: trap('an assertion of the interpreter failed'),
    abort: trap('the interpreter gave up'),
    exit: trap('the interpreter ended'),
    callFunction: trap('the interpreter called a function that is not there'),
    // What it would print is not the answer, and is dropped.
    fdWrite: (_fd: number, vectors: number, count: number, written: number) => {
      const size = (count >>> 0) * 8;
      const table = size <= memory.bytes ? memory.view(vectors, size) : undefined;
      if (!table) return EFAULT;
      host.gas.charge(size);
      const view = new DataView(table.buffer, table.byteOffset, size);
      let bytes = 0;
      for (let at = 4; at < size; at += 8) bytes += view.getUint32(at, true);
      number(written, bytes);
      return 0;
    },
    fdClose: () => ENOSYS,
    fdSeek: () => ESPIPE,
    environGet: () => 0,
    environSizes: (count: number, bytes: number) => {
      number(count, 0);
      number(bytes, 0);
      return 0;
    },
    normalizeModule: () => 0,
    loadModule: () => 0,
    shouldInterrupt: () => 0,
    setTimer: () => 0,
    keepAliveClear: () => undefined,
    freeHostRef: () => undefined,
    resizeHeap: (wanted: number) =>
      grow(wasm, wanted >>> 0, host.limits.memoryPages, (bytes) => host.gas.charge(bytes)),
    localTime: (seconds: bigint, to: number) => utc(Number(seconds)).forEach((part, i) => number(to + i * 4, part)),
    // Its two names stay empty.
    timeZone: (offset: number, daylight: number) => {
      number(offset, 0);
      number(daylight, 0);
    },
    dateNow: () => seed ?? Number(host.time / 1_000_000n),
  };
  const paid = (run: (...args: never[]) => number | void) => {
    return (...args: never[]) => {
      host.enter(0, HOST_GAS.call);
      return run(...args);
    };
  };
  return {
    functions: Object.fromEntries(
      Object.entries(functions).map(([name, run]) => [IMPORTS[name as Name][0], paid(run)]),
    ),
    /** While `make` runs, the clock shows the run's seed: QuickJS seeds Math.random with it when it makes a context. */
    seeding: <T>(make: () => T): T => {
      const bytes = new Uint8Array(8);
      host.random(bytes);
      // 42 bits: as nanoseconds it must fit 64.
      seed = Number(new DataView(bytes.buffer).getBigUint64(0, true) >> 22n);
      const made = make();
      seed = undefined;
      return made;
    },
  };
}

/** Grows by at least a fifth, so that it is asked seldom. @returns 1, or 0 where there is no room */
function grow(memory: WebAssembly.Memory, wanted: number, mostPages: number, pay: (bytes: number) => void): number {
  const now = memory.buffer.byteLength / PAGE;
  const needed = Math.ceil(wanted / PAGE);
  if (needed > mostPages) return 0;
  const more = Math.min(mostPages, Math.max(needed, Math.ceil(now * 1.2))) - now;
  if (more <= 0) return 1;
  pay(more * PAGE * HOST_GAS.byte);
  // A machine without memory is no property of the skill: the engine's error ends the run as a host fault.
  memory.grow(more);
  return 1;
}

/** `struct tm` of a moment in UTC, the only zone that there is. */
function utc(seconds: number): number[] {
  const date = new Date(seconds * 1000);
  const year = date.getUTCFullYear();
  const day = Math.floor((Date.UTC(year, date.getUTCMonth(), date.getUTCDate()) - Date.UTC(year, 0, 1)) / (DAY * 1000));
  const clock = [date.getUTCSeconds(), date.getUTCMinutes(), date.getUTCHours()];
  return [...clock, date.getUTCDate(), date.getUTCMonth(), year - 1900, date.getUTCDay(), day, 0, 0];
}
