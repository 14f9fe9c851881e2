import { LIMITS } from '../../protocol/limits';
import { equalBytes } from '../../crypto';
import { GAS_PER_SECOND } from '../../protocol/run-limits';
import { priceOf } from '../price';
import type { HostCall, RunTotals, SkillLimits } from '../types';
import type { Answer } from '../wire';
import { Gas } from './gas';
import { Diverged, Stop } from './stop';
import { VirtualRandom } from './virtual';
import { HOST_GAS } from './weights';

/** The way out of a worker. */
export interface Link {
  progress: (permille: number, note: string) => void;
  /** Blocks. Absent: no world is attached. */
  call?: (name: string, request: Uint8Array<ArrayBuffer>) => Answer;
}

export interface HostOptions {
  limits: SkillLimits;
  grants: readonly string[];
  args: readonly string[];
  seed: string;
  now: number;
  calls: readonly HostCall[] | undefined;
  link: Link;
}

const NANOSECONDS = 1_000_000_000n;
const lenient = new TextDecoder();
/** Text from a skill: what is not UTF-8 becomes U+FFFD, the same everywhere. */
export const textOf = (bytes: Uint8Array): string => lenient.decode(bytes);

/** What a run may ask of its host, whatever the ABI: every call is counted, bounded and charged before it acts. */
export class Host {
  readonly gas: Gas;
  readonly limits: SkillLimits;
  readonly logs: string[] = [];
  readonly #options: HostOptions;
  readonly #random: VirtualRandom;
  readonly #made: HostCall[] = [];
  #calls = 0;
  #bytes = 0;
  #worldBytes = 0;
  #logBytes = 0;
  #reports = 0;
  #slept = 0n;

  constructor(options: HostOptions) {
    this.#options = options;
    this.limits = options.limits;
    this.gas = new Gas(options.limits.gas);
    this.#random = new VirtualRandom(options.seed);
  }

  /**
   * A call of the host that moves `bytes` bytes, before it acts.
   * @throws Stop `out_of_gas`, or `trap` past the run's number of calls or bytes
   */
  enter(bytes = 0, base: number = HOST_GAS.call): void {
    this.gas.charge(base + bytes * HOST_GAS.byte);
    this.#calls += 1;
    this.#bytes += bytes;
    if (this.#calls > this.limits.hostCalls)
      throw new Stop('trap', `it called its host more than ${this.limits.hostCalls} times`);
    this.#bound();
  }

  /** Bytes that a call turned out to move beside those it began with. */
  moved(bytes: number): void {
    this.gas.charge(bytes * HOST_GAS.byte);
    this.#bytes += bytes;
    this.#bound();
  }

  may(grant: string): boolean {
    return this.#options.grants.includes(grant);
  }

  get args(): readonly string[] {
    return this.#options.args;
  }

  /** A value of the configuration: an argument `key=value`. */
  config(key: string): string | undefined {
    return this.args.find((arg) => arg.startsWith(`${key}=`))?.slice(key.length + 1);
  }

  /** Nanoseconds of the run: those that its gas stands for, and those that it slept. */
  get elapsed(): bigint {
    return (BigInt(this.gas.used) * NANOSECONDS) / BigInt(GAS_PER_SECOND) + this.#slept;
  }

  /** Nanoseconds since 1970, on the virtual clock. */
  get time(): bigint {
    return BigInt(this.#options.now) * 1_000_000n + this.elapsed;
  }

  sleep(nanoseconds: bigint): void {
    this.#slept += nanoseconds;
  }

  random(into: Uint8Array): void {
    this.gas.charge(into.length * HOST_GAS.randomByte);
    this.#random.fill(into);
  }

  /** A line of the skill's log. What is past the limits, or was not granted, is dropped. */
  log(text: Uint8Array): void {
    this.#logBytes += text.length;
    if (!this.isLogFull) this.logs.push(textOf(text));
  }

  /** Whether the next line will be dropped. */
  get isLogFull(): boolean {
    return !this.may('log') || this.#logBytes > LIMITS.skillLogBytes || this.logs.length >= LIMITS.skillLogLines;
  }

  /** Leaves the worker and never comes back, so that it cannot make a run differ. */
  progress(permille: number, note: string): void {
    if (this.#reports++ >= LIMITS.skillProgress) return;
    this.#options.link.progress(Math.min(permille, 1000), note.slice(0, LIMITS.skillNoteChars));
  }

  /** Asks the world, and records what it answered. @throws Stop past the limits; Diverged where a replay has no answer */
  world(name: string, request: Uint8Array): Answer {
    if (request.length > LIMITS.skillCallBytes) return { error: 'the request is too large' };
    if (this.#made.length >= LIMITS.skillWorldCalls)
      throw new Stop('trap', `it asked the world more than ${LIMITS.skillWorldCalls} times`);
    this.gas.charge(HOST_GAS.world);
    const own = request.slice();
    const answer = this.#options.calls ? this.#replayed(name, own) : this.#asked(name, own);
    this.#made.push({ name, request: own, ...answer });
    const bytes = 'error' in answer ? 0 : answer.response.length;
    this.#worldBytes += own.length + bytes;
    if (this.#worldBytes > LIMITS.skillWorldBytes)
      throw new Stop('trap', `it asked for more than ${LIMITS.skillWorldBytes} bytes of the world`);
    this.moved(bytes);
    return answer;
  }

  /** @param gas what is charged, which after a trap is the whole limit */
  totals(gas: number): Omit<RunTotals, 'ms' | 'memorySha256'> {
    const { calls } = this.#options;
    if (calls && calls.length > this.#made.length)
      throw new Diverged(`it asked the world ${this.#made.length} times, and the record has ${calls.length} calls`);
    return {
      gas,
      price: priceOf(gas),
      hostCalls: this.#calls,
      hostBytes: this.#bytes,
      calls: this.#made,
      logs: this.logs,
    };
  }

  #bound(): void {
    if (this.#bytes > this.limits.hostBytes)
      throw new Stop('trap', `it moved more than ${this.limits.hostBytes} bytes to and from its host`);
  }

  #asked(name: string, request: Uint8Array<ArrayBuffer>): Answer {
    return this.#options.link.call?.(name, request) ?? { error: 'no world is attached' };
  }

  #replayed(name: string, request: Uint8Array): Answer {
    const at = this.#made.length;
    const recorded = this.#options.calls?.[at];
    if (!recorded) throw new Diverged(`it asked for ${name}, and the record has only ${at} calls`);
    if (recorded.name !== name)
      throw new Diverged(`call ${at + 1} is for ${name}, and in the record for ${recorded.name}`);
    if (!equalBytes(recorded.request, request)) throw new Diverged(`call ${at + 1}, ${name}, asks for something else`);
    return recorded.response ? { response: recorded.response.slice() } : { error: recorded.error ?? '' };
  }
}
