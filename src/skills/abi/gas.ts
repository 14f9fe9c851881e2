import { Stop } from './stop';

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
}

export const outOfGas = (limit: number): Stop => new Stop('out_of_gas', `it used up its ${limit} units of gas`);
