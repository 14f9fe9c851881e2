import { concat, fromUtf8, utf8 } from '../../../crypto';
import { Stop } from '../stop';
import type { Exports, Session } from '../types';
import { PRELUDE } from './guest';
import { HOST_GAS } from '../weights';
import { EXPORTS } from './names';

const PAGE = 65_536;
/** Some 230 calls of JavaScript: then it throws an error of its own, before docs/metering.md's stack ends the run. */
const STACK_BYTES = 40 * 1024;
const SCRIPT = 'skill.js';
/** A value of JavaScript: a pointer. Nothing is freed, since an instance runs once. */
type Value = number;

/** One runtime and context of QuickJS, driven by its exported functions. */
export class Interpreter {
  readonly #session: Session;
  readonly #exports: Exports;
  readonly #runtime: number;
  readonly #context: number;
  readonly #guest: Value;

  constructor(session: Session, exports: Exports, seeding: <T>(make: () => T) => T) {
    this.#session = session;
    this.#exports = exports;
    this.#call('initialize');
    this.#runtime = this.#call('newRuntime');
    this.#call('setMemoryLimit', this.#runtime, session.host.limits.memoryPages * PAGE);
    this.#call('setMaxStackSize', this.#runtime, STACK_BYTES);
    // No flags: all of the language.
    this.#context = seeding(() => this.#call('newContext', this.#runtime, 0));
    this.#guest = this.evaluate(PRELUDE, 'prelude.js');
  }

  /** The value of a script's last statement. @throws Stop `exit` with what it threw, and its line */
  evaluate(code: string, name = SCRIPT): Value {
    const source = utf8(code);
    const context = this.#context;
    return this.#checked(
      this.#call('evaluate', context, this.#put(source), source.length, this.#put(utf8(name)), 0, 0),
    );
  }

  /** Calls one of the prelude's functions. @throws Stop `exit` */
  ask(name: string, ...given: Value[]): Value {
    return this.#checked(this.#ask(name, given));
  }

  /** The text of a string. @throws Stop `bad_output` for what is no text: another module may answer in QuickJS's place */
  text(value: Value): string {
    const start = this.#call('getString', this.#context, value);
    const memory = this.#session.memory.all();
    return readable(() => fromUtf8(memory.subarray(start, memory.indexOf(0, start))));
  }

  /** What a string's JSON says. The script may have changed what wrote it. @throws Stop `bad_output` for no JSON */
  json(value: Value): unknown {
    const text = this.text(value);
    return text === '' ? undefined : readable(() => JSON.parse(text) as unknown);
  }

  /** A string. Must not hold U+0000. */
  string(text: string): Value {
    return this.#call('newString', this.#context, this.#put(utf8(text)));
  }

  undefined(): Value {
    return this.#call('getUndefined');
  }

  arrayBuffer(bytes: Uint8Array): Value {
    return this.#call('newArrayBuffer', this.#context, this.#put(bytes), bytes.length);
  }

  bytes(buffer: Value): Uint8Array<ArrayBuffer> {
    const length = this.#call('getArrayBufferLength', this.#context, buffer);
    const start = this.#call('getArrayBuffer', this.#context, buffer);
    return this.#view(start, length).slice();
  }

  /** Runs what promises wait for, until there is none. */
  settle(): void {
    const context = this.#put(new Uint8Array(4));
    for (let turns = 0; this.#call('isJobPending', this.#runtime) !== 0; turns++) {
      // QuickJS runs all of them in one turn; a module in its place that says otherwise pays for each, so that it ends.
      if (turns > 0) this.#session.host.gas.charge(HOST_GAS.call);
      this.#checked(this.#call('executePendingJobs', this.#runtime, -1, context));
    }
  }

  #ask(name: string, given: Value[]): Value {
    const context = this.#context;
    const method = this.#call('getProperty', context, this.#guest, this.string(name));
    const list = this.#put(new Uint8Array(Uint32Array.from(given).buffer));
    return this.#call('call', context, method, this.#guest, given.length, list);
  }

  #checked(value: Value): Value {
    const thrown = this.#call('resolveException', this.#context, value);
    if (thrown === 0) return value;
    const told = this.#ask('explain', [thrown]);
    const text = this.#call('resolveException', this.#context, told) === 0 ? this.json(told) : undefined;
    throw new Stop('exit', typeof text === 'string' ? text : 'threw what cannot be shown');
  }

  #call(name: keyof typeof EXPORTS, ...given: number[]): number {
    const value = this.#exports[EXPORTS[name][0]]!(...given);
    return typeof value === 'number' ? value >>> 0 : 0;
  }

  /** A copy in the interpreter's memory, with a zero byte after it, as C has texts. */
  #put(bytes: Uint8Array): number {
    const start = this.#call('malloc', bytes.length + 1);
    if (start === 0) throw new Stop('exit', 'the interpreter has no memory left');
    this.#view(start, bytes.length + 1).set(concat(bytes, new Uint8Array(1)));
    return start;
  }

  #view(start: number, length: number): Uint8Array<ArrayBuffer> {
    const view = this.#session.memory.view(start, length);
    if (view) return view;
    throw new Stop('bad_output', 'the interpreter pointed outside its memory');
  }
}

/** What reads a guest's words fails by them alone, so that it says something of the skill and nothing of the machine. */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch {
    throw new Stop('bad_output', 'the interpreter answered no readable text');
  }
}
