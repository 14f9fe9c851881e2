/** The raw ABI: bytes in, bytes out, and capabilities as imports of the module `sovereign`. docs/skill-abi.md */
import { utf8 } from '../../crypto';
import { textOf } from './host';
import { mayFetch } from './fetch';
import { Stop } from './stop';
import type { Abi, Served, Session } from './types';

const MODULE = 'sovereign';
/** As in WASI, negative. */
export const ERRNO = { access: -2, fault: -21, invalid: -28, io: -29, noEntry: -44 } as const;
const RANDOM_MOST = 65_536;

const CAPABILITIES = ['log', 'progress', 'clock', 'random', 'config'] as const;
export const WORLD = ['memory.read', 'memory.write', 'http.fetch', 'mesh.send'] as const;

const signature = '(i32,i32)->i32';
const served = new Map<string, Served>([
  ...[...CAPABILITIES, ...WORLD].map((name) => [`${MODULE}.${name}`, { signature, grant: name }] as const),
  [`${MODULE}.result`, { signature }],
]);

type Reply = Uint8Array | number;

/** What a capability answers: bytes to be fetched with `result`, or an errno. */
function reply(name: string, { host }: Session, request: Uint8Array): Reply {
  switch (name) {
    case 'log':
      host.log(request);
      return new Uint8Array();
    case 'progress':
      return progress(textOf(request), (permille, note) => host.progress(permille, note));
    case 'clock': {
      const time = new Uint8Array(8);
      new DataView(time.buffer).setBigUint64(0, host.time, true);
      return time;
    }
    case 'random': {
      const count = request.length === 4 ? new DataView(request.buffer, request.byteOffset).getUint32(0, true) : -1;
      if (count < 0 || count > RANDOM_MOST) return ERRNO.invalid;
      const bytes = new Uint8Array(count);
      host.random(bytes);
      return bytes;
    }
    default: {
      const value = host.config(textOf(request));
      return value === undefined ? ERRNO.noEntry : utf8(value);
    }
  }
}

/** `<permille>` or `<permille> <note>`. */
function progress(text: string, tell: (permille: number, note: string) => void): Reply {
  const found = /^(\d{1,4})(?: (.*))?$/s.exec(text);
  if (!found || Number(found[1]) > 1000) return ERRNO.invalid;
  tell(Number(found[1]), found[2] ?? '');
  return new Uint8Array();
}

function functionsOf(session: Session): Record<string, (pointer: number, length: number) => number> {
  const { host } = session;
  let last: Uint8Array = new Uint8Array();
  const call = (answer: (request: Uint8Array<ArrayBuffer>) => Reply) => (pointer: number, length: number) => {
    const request = session.memory.view(pointer, length);
    host.enter(request?.length);
    if (!request) return ERRNO.fault;
    // A copy: what the skill's memory holds later is not what was asked.
    const given = answer(request.slice());
    if (typeof given === 'number') return given;
    last = given;
    host.moved(last.length);
    return last.length;
  };
  const ask = (name: string) => (request: Uint8Array) => {
    if (name === 'http.fetch' && !mayFetch(request, host)) return ERRNO.access;
    const answer = host.world(name, request);
    if (!('error' in answer)) return answer.response;
    last = utf8(answer.error);
    return ERRNO.io;
  };
  return {
    ...Object.fromEntries(CAPABILITIES.map((name) => [name, call((request) => reply(name, session, request))])),
    ...Object.fromEntries(WORLD.map((name) => [name, call(ask(name))])),
    result: (pointer, length) => {
      const count = Math.min(length >>> 0, last.length);
      const room = session.memory.view(pointer, length);
      host.enter(room ? count : 0);
      if (!room) return ERRNO.fault;
      room.set(last.subarray(0, count));
      return count;
    },
  };
}

/** Bytes that `by` points at. @throws Stop `bad_output` where they lie outside the memory */
function pointed({ memory }: Session, pointer: number, length: number, by: string): Uint8Array<ArrayBuffer> {
  const view = memory.view(pointer, length);
  if (view) return view;
  const where = `${length >>> 0} bytes from ${pointer >>> 0}`;
  throw new Stop('bad_output', `${by} pointed at ${where}, outside its ${memory.bytes} bytes of memory`);
}

export const raw: Abi = {
  served,
  wanted: (entry = 'run') => [
    { name: 'memory', kind: 'memory' },
    { name: 'alloc', kind: 'function', signatures: ['(i32)->i32'] },
    { name: entry, kind: 'function', signatures: ['(i32,i32)->i64'] },
    { name: '_initialize', kind: 'function', signatures: ['()->()'], optional: true },
  ],
  open: (session) => ({
    functions: { [MODULE]: functionsOf(session) },
    run(exports) {
      const { entry = 'run', input, host } = session;
      const { _initialize, alloc } = exports;
      _initialize?.();
      const pointer = alloc!(input.length) as number;
      pointed(session, pointer, input.length, 'alloc').set(input);
      const packed = BigInt.asUintN(64, exports[entry]!(pointer, input.length) as bigint);
      const length = Number(packed & 0xffff_ffffn);
      if (length > host.limits.outputBytes)
        throw new Stop('bad_output', `${entry} answered ${length} bytes and may answer ${host.limits.outputBytes}`);
      return pointed(session, Number(packed >> 32n), length, entry).slice();
    },
  }),
};
