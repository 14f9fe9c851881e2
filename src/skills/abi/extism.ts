/** The Extism plugin ABI: an unmodified plugin, and the kernel that its PDK calls. docs/skill-abi.md */
import { LIMITS } from '../../protocol/limits';
import { base64, fromBase64, utf8 } from '../../crypto';
import { ExtismMemory } from './extism-memory';
import { mayFetch } from './fetch';
import { textOf, type Host } from './host';
import { Stop } from './stop';
import type { Abi, Exports, Served, Session } from './types';
import { openWasi, WASI_SERVED } from './wasi';
import { HOST_GAS } from './weights';

const MODULE = 'extism:host/env';
const PAGE = 65_536;
/** As the PDKs number them: 0 trace … 4 error; a plugin that may not log need not format what it would. */
const LOG_ALL = 0;
const LOG_NOTHING = 0x7fff_ffff;

const SIGNATURES = {
  alloc: '(i64)->i64',
  free: '(i64)->()',
  length: '(i64)->i64',
  length_unsafe: '(i64)->i64',
  load_u8: '(i64)->i32',
  load_u64: '(i64)->i64',
  store_u8: '(i64,i32)->()',
  store_u64: '(i64,i64)->()',
  input_offset: '()->i64',
  input_length: '()->i64',
  input_load_u8: '(i64)->i32',
  input_load_u64: '(i64)->i64',
  output_set: '(i64,i64)->()',
  output_offset: '()->i64',
  output_length: '()->i64',
  error_set: '(i64)->()',
  error_get: '()->i64',
  config_get: '(i64)->i64',
  var_get: '(i64)->i64',
  var_set: '(i64,i64)->()',
  http_request: '(i64,i64)->i64',
  http_status_code: '()->i32',
  http_headers: '()->i64',
  log_trace: '(i64)->()',
  log_debug: '(i64)->()',
  log_info: '(i64)->()',
  log_warn: '(i64)->()',
  log_error: '(i64)->()',
  get_log_level: '()->i32',
  memory_bytes: '()->i64',
} as const;
type Name = keyof typeof SIGNATURES;
type Functions = Record<Name, (...args: never[]) => number | bigint | void>;

/** An offset or length from a plugin; one beyond 2^53 is past all bounds like the largest number. */
function num(value: bigint): number {
  const unsigned = BigInt.asUintN(64, value);
  return unsigned > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(unsigned);
}

class Kernel {
  readonly #host: Host;
  readonly #memory: ExtismMemory;
  readonly #input: number;
  readonly #inputLength: number;
  readonly #vars = new Map<string, Uint8Array>();
  #varBytes = 0;
  #status = 0;
  #headers = 0;
  #output: [offset: number, length: number] = [0, 0];
  #error = 0;

  constructor({ host, input }: Session) {
    this.#host = host;
    // The input is there before the run; the plugin's own blocks are bounded by its limit.
    this.#memory = new ExtismMemory(host.limits.memoryPages * PAGE + input.length);
    this.#input = this.#memory.put(input);
    this.#inputLength = input.length;
  }

  get error(): string {
    return textOf(this.#memory.block(this.#error));
  }

  /** @throws Stop `bad_output` */
  output(): Uint8Array {
    const [offset, length] = this.#output;
    const { outputBytes } = this.#host.limits;
    if (length > outputBytes) throw new Stop('bad_output', `it answered ${length} bytes and may answer ${outputBytes}`);
    const bytes = this.#memory.range(offset, length);
    if (!bytes) throw new Stop('bad_output', `its output is outside the memory that it shares with its host`);
    return bytes.slice();
  }

  functions(): Functions {
    const host = this.#host;
    const memory = this.#memory;
    const input = (at: bigint, length: number) =>
      num(at) + length <= this.#inputLength ? memory.range(this.#input + num(at), length) : undefined;
    const at = (offset: bigint, length: number) => memory.range(num(offset), length);
    const cheap = <A extends unknown[], R>(act: (...args: A) => R) => {
      return (...args: A): R => {
        host.gas.charge(HOST_GAS.access);
        return act(...args);
      };
    };
    const log = (offset: bigint) => host.log(this.#given(offset));
    return {
      alloc: cheap((length: bigint) => {
        host.gas.charge(HOST_GAS.block + Math.min(num(length), LIMITS.skillMaxGas));
        return BigInt(memory.alloc(num(length)));
      }),
      free: cheap((offset: bigint) => {
        host.gas.charge(HOST_GAS.block);
        memory.free(num(offset));
      }),
      length: cheap((offset: bigint) => BigInt(memory.length(num(offset)))),
      length_unsafe: cheap((offset: bigint) => BigInt(memory.length(num(offset)))),
      load_u8: cheap((offset: bigint) => at(offset, 1)?.[0] ?? 0),
      load_u64: cheap((offset: bigint) => readU64(at(offset, 8))),
      store_u8: cheap((offset: bigint, value: number) => void at(offset, 1)?.fill(value)),
      store_u64: cheap((offset: bigint, value: bigint) => writeU64(at(offset, 8), value)),
      input_offset: cheap(() => BigInt(this.#input)),
      input_length: cheap(() => BigInt(this.#inputLength)),
      input_load_u8: cheap((offset: bigint) => input(offset, 1)?.[0] ?? 0),
      input_load_u64: cheap((offset: bigint) => readU64(input(offset, 8))),
      output_set: cheap((offset: bigint, length: bigint) => void (this.#output = [num(offset), num(length)])),
      output_offset: cheap(() => BigInt(this.#output[0])),
      output_length: cheap(() => BigInt(this.#output[1])),
      error_set: cheap((offset: bigint) => void (this.#error = num(offset))),
      error_get: cheap(() => BigInt(this.#error)),
      config_get: (key: bigint) => {
        const value = host.config(textOf(this.#given(key)));
        return value === undefined ? 0n : this.#put(utf8(value));
      },
      var_get: (key: bigint) => this.#put(this.#vars.get(textOf(this.#given(key))) ?? new Uint8Array()),
      var_set: (key: bigint, value: bigint) => this.#setVar(textOf(this.#given(key)), num(value)),
      http_request: (request: bigint, body: bigint) => this.#fetch(this.#given(request), this.#given(body)),
      http_status_code: cheap(() => this.#status),
      http_headers: cheap(() => BigInt(this.#headers)),
      log_trace: log,
      log_debug: log,
      log_info: log,
      log_warn: log,
      log_error: log,
      get_log_level: cheap(() => (host.may('log') ? LOG_ALL : LOG_NOTHING)),
      memory_bytes: cheap(() => BigInt(host.limits.memoryPages * PAGE)),
    };
  }

  /** A block that a call gives to the host, which counts as a call with its bytes. */
  #given(offset: bigint): Uint8Array {
    const bytes = this.#memory.block(num(offset));
    this.#host.enter(bytes.length);
    return bytes;
  }

  /** A block that a call is answered with. */
  #put(bytes: Uint8Array): bigint {
    this.#host.moved(bytes.length);
    return BigInt(this.#memory.put(bytes));
  }

  /** Variables last as long as the run. @throws Stop when they take more than the plugin's memory */
  #setVar(key: string, offset: number): void {
    const before = this.#vars.get(key);
    if (before) this.#varBytes -= key.length + before.length;
    this.#vars.delete(key);
    if (offset === 0) return;
    const value = this.#memory.block(offset).slice();
    this.#host.moved(value.length);
    this.#varBytes += key.length + value.length;
    if (this.#varBytes > this.#host.limits.memoryPages * PAGE)
      throw new Stop('trap', 'its variables take too much memory');
    this.#vars.set(key, value);
  }

  /** @throws Stop as Extism's own hosts do: a plugin sees of a request that was refused only that it is over */
  #fetch(head: Uint8Array, body: Uint8Array): bigint {
    const request = fetchRequest(head, body);
    if (!request || !mayFetch(request, this.#host)) throw new Stop('trap', 'its HTTP request was not granted');
    const answer = this.#host.world('http.fetch', request);
    if ('error' in answer) throw new Stop('trap', `its HTTP request failed: ${answer.error}`);
    const response = fetchResponse(answer.response);
    if (!response) throw new Stop('trap', 'its HTTP request was answered with something unreadable');
    this.#status = response.status;
    this.#headers = this.#memory.put(utf8(JSON.stringify(response.headers)));
    return BigInt(this.#memory.put(response.body));
  }
}

function readU64(bytes: Uint8Array | undefined): bigint {
  return bytes ? new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true) : 0n;
}
function writeU64(bytes: Uint8Array | undefined, value: bigint): void {
  if (bytes) new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(0, value, true);
}

/** Extism's `{method?, url, headers?}` and body, as the product's own request (docs/skill-abi.md). */
function fetchRequest(head: Uint8Array, body: Uint8Array): Uint8Array | undefined {
  try {
    const { method, url, headers } = JSON.parse(textOf(head)) as Record<string, unknown>;
    return utf8(JSON.stringify({ method: method ?? 'GET', url, headers: headers ?? {}, body: base64(body) }));
  } catch {
    return undefined;
  }
}

function fetchResponse(bytes: Uint8Array): { status: number; headers: unknown; body: Uint8Array } | undefined {
  try {
    const { status, headers, body } = JSON.parse(textOf(bytes)) as Record<string, unknown>;
    const content = fromBase64(String(body));
    return content && Number.isInteger(status)
      ? { status: Number(status), headers: headers ?? {}, body: content }
      : undefined;
  } catch {
    return undefined;
  }
}

/** What the toolchains need to be called first, in this order, where they export it. */
function initialise(exports: Exports): void {
  const { _initialize, __wasm_call_ctors, hs_init } = exports;
  if (_initialize) _initialize();
  else __wasm_call_ctors?.();
  hs_init?.(0, 0);
}

const served = new Map<string, Served>([
  ...Object.entries(SIGNATURES).map(([name, signature]) => [`${MODULE}.${name}`, { signature }] as const),
  ...WASI_SERVED,
]);

export const extism: Abi = {
  served,
  wanted: (entry = 'run') => [
    { name: entry, kind: 'function', signatures: ['()->i32', '()->()'] },
    { name: 'memory', kind: 'memory', optional: true },
    { name: '_initialize', kind: 'function', signatures: ['()->()'], optional: true },
    { name: '__wasm_call_ctors', kind: 'function', signatures: ['()->()'], optional: true },
    { name: 'hs_init', kind: 'function', signatures: ['(i32,i32)->()'], optional: true },
  ],
  open: (session) => {
    const kernel = new Kernel(session);
    // Plugins are often built for WASI too: they get it, with an empty input and an output that is not the plugin's.
    const wasi = openWasi({ ...session, input: new Uint8Array() });
    return {
      functions: { [MODULE]: kernel.functions(), ...wasi.functions },
      run(exports) {
        initialise(exports);
        const status = exports[session.entry ?? 'run']!();
        if (typeof status === 'number' && status !== 0)
          throw new Stop('exit', kernel.error || `the plugin answered ${status}`);
        return kernel.output();
      },
    };
  },
};
