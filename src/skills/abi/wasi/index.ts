/** WASI preview 1 (wasi_snapshot_preview1), deterministic: everything a program sees follows from its request. */
import { HOST_GAS } from '../weights';
import type { Host } from '../host';
import { Done } from '../stop';
import type { Abi, Served, Session } from '../types';
import { Descriptors } from './descriptors';
import { Refused } from './errno';
import { fdCalls, type Call, type Program } from './fd-calls';
import { Guest } from './guest';
import { otherCalls } from './other-calls';
import { pathCalls } from './path-calls';
import { SIGNATURES } from './signatures';
import { Streams } from './streams';
import { FileTree } from './tree';

const MODULE = 'wasi_snapshot_preview1';
const PAGE = 65_536;

export const WASI_SERVED: ReadonlyMap<string, Served> = new Map(
  Object.entries(SIGNATURES).map(([name, signature]) => [`${MODULE}.${name}`, { signature }]),
);

/** The functions of one run, and what it wrote to its output. */
export function openWasi({ host, memory, input, files }: Omit<Session, 'entry'>) {
  const tree = new FileTree(host, files, host.limits.memoryPages * PAGE);
  const program: Program = {
    host,
    guest: new Guest(memory, host),
    tree,
    open: new Descriptors(tree),
    streams: new Streams(host, input),
  };
  const calls = { ...fdCalls(program), ...pathCalls(program), ...otherCalls(program) };
  const functions = Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, answering(host, call)]));
  return { functions: { [MODULE]: functions }, streams: program.streams, tree };
}

/** The call, paid for, as a function that answers its errno. */
function answering(host: Host, call: Call) {
  return (...args: never[]): number => {
    host.enter(0, HOST_GAS.call);
    try {
      call(...args);
      return 0;
    } catch (error) {
      if (error instanceof Refused) return error.errno;
      throw error;
    }
  };
}

export const wasi: Abi = {
  served: WASI_SERVED,
  wanted: (entry = '_start') => [
    { name: entry, kind: 'function', signatures: ['()->()'] },
    { name: 'memory', kind: 'memory' },
    { name: '_initialize', kind: 'function', signatures: ['()->()'], optional: true },
  ],
  open: (session) => {
    const { functions, streams } = openWasi(session);
    return {
      functions,
      run(exports) {
        try {
          exports['_initialize']?.();
          exports[session.entry ?? '_start']!();
        } catch (error) {
          if (!(error instanceof Done)) throw error;
        } finally {
          streams.flush();
        }
        return streams.output;
      },
    };
  },
};
