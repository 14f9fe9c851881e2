import { Stop } from './stop';
import type { Exports } from './types';

/** The counter that the instrumenter added to the module, seen from the host. It is true at every call of the host. */
export class Gas {
  readonly limit: number;
  #counter: WebAssembly.Global<'i64'> | undefined;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Fills the tank, before any of the module's code runs. */
  attach(counter: WebAssembly.Global<'i64'>): void {
    this.#counter = counter;
    counter.value = BigInt(this.limit);
  }

  get used(): number {
    return this.#counter ? this.limit - Number(this.#counter.value) : 0;
  }

  /** Before anything is done for it. @throws Stop `out_of_gas` */
  charge(units: number): void {
    if (!this.#counter) return;
    const left = this.#counter.value - BigInt(units);
    this.#counter.value = left;
    if (left < 0n) throw outOfGas(this.limit);
  }

  /** What a function of the module was called for is over: it may have overdrawn the counter. @throws Stop `out_of_gas` */
  check(): void {
    if (this.used > this.limit) throw outOfGas(this.limit);
  }

  /** A module's functions, each of which is checked when it returns: one that calls nothing does not check by itself. */
  checked(exports: WebAssembly.Exports): Exports {
    return Object.fromEntries(
      Object.entries(exports).flatMap(([name, value]) => {
        if (typeof value !== 'function') return [];
        const call = value as Exports[string];
        const checked: Exports[string] = (...args) => {
          const result = call(...args);
          this.check();
          return result;
        };
        return [[name, checked]];
      }),
    );
  }
}

export const outOfGas = (limit: number): Stop => new Stop('out_of_gas', `it used up its ${limit} units of gas`);
