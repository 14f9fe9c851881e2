/** The code of random modules: statements and values of every kind, each valid where it stands. */
import { body, i32, leb, vector } from './bytes';
import type { Random } from './random';
import { NumericLocals } from './random-nans';
import {
  constant,
  F32,
  F64,
  GLOBALS,
  I32,
  INTERESTING,
  LOADS,
  NUMBERS,
  OPERATIONS,
  STORES,
  V128,
  type Operation,
} from './random-ops';

const VOID = 0x40;
/** The first global. */
const BUDGET = 0;

export interface RandomOptions {
  simd: boolean;
  /** Hides the bits of NaNs from all that could see them, so that the plain module is deterministic as well. */
  hideNans: boolean;
}

export interface Signature {
  params: number[];
  results: number[];
}

/** Writes the bodies of one module’s functions. */
export class CodeGenerator {
  private readonly random: Random;
  private readonly options: RandomOptions;
  private readonly types: readonly number[];
  /** Of function i, and type i: 0 is the host’s. */
  private readonly functions: readonly Signature[];
  private locals: number[] = [];
  /** Result types of the labels around, innermost last; undefined for a loop, which goes on only from its own end. */
  private labels: (readonly number[] | undefined)[] = [];
  private current: Signature = { params: [], results: [] };
  private mayCall = true;
  /** Locals that only arithmetic is kept in: none where NaNs are hidden. */
  private numeric: NumericLocals | undefined;
  private room = 0;

  constructor(random: Random, options: RandomOptions, functions: readonly Signature[]) {
    this.random = random;
    this.options = options;
    this.functions = functions;
    this.types = [...NUMBERS, ...(options.simd ? [V128] : [])];
  }

  body(signature: Signature): number[] {
    const own = Array.from({ length: this.random.below(this.options.hideNans ? 5 : 12) }, () =>
      this.random.pick(this.types),
    );
    this.locals = [...signature.params, ...own];
    this.numeric = this.options.hideNans
      ? undefined
      : new NumericLocals(this.random, signature.params.length, this.locals);
    this.current = signature;
    this.labels = [signature.results];
    this.room = 20 + this.random.below(120);
    const over = [
      ...this.spend(),
      0x45,
      0x04,
      VOID,
      ...signature.results.flatMap((type) => constant(type, 3)),
      0x0f,
      0x0b,
    ];
    // A function that calls nothing needs no budget, but then it may not call.
    this.mayCall = !this.random.once(4);
    const code = this.mayCall ? over : [];
    code.push(...this.statements(), ...signature.results.flatMap((type) => this.value(type)));
    return body(own, code);
  }

  /** Leaves whether there is budget left, and takes from it. */
  private spend(): number[] {
    return [0x23, BUDGET, ...i32(1), 0x6b, 0x24, BUDGET, 0x23, BUDGET, ...i32(0), 0x4a];
  }

  private statements(): number[] {
    const code: number[] = [];
    for (let n = this.random.below(4); n > 0 && this.room > 0; n--) code.push(...this.statement());
    return code;
  }

  private statement(): number[] {
    const { random } = this;
    this.room -= 1;
    if (this.numeric && random.once(2)) return this.numeric.statement();
    switch (random.below(15)) {
      case 0:
      case 1:
      case 2:
        return this.setLocal();
      case 3:
        return this.setGlobal();
      case 4:
      case 5:
        return this.store();
      case 6:
        return this.within([], 0x02, () => [...this.statements(), ...this.jump()]);
      case 7:
        return this.within([], 0x03, () => [...this.statements(), ...this.value(I32), ...this.spend(), 0x71, 0x0d, 0]);
      case 8:
        return [...this.value(I32), ...this.within([], 0x04, () => [...this.statements(), ...this.jump()])];
      case 9:
        return [...this.value(I32), ...this.within([], 0x04, () => [...this.statements(), 0x05, ...this.statements()])];
      case 10:
        return this.manyValues();
      case 11:
        return this.call(random.below(this.functions.length)).flat();
      case 12:
        return this.bulk();
      case 13:
        return this.jump();
      default:
        return [...this.value(random.pick(this.types)), 0x1a];
    }
  }

  private within(results: readonly number[], opcode: number, inside: () => number[]): number[] {
    this.labels.push(opcode === 0x03 ? undefined : results);
    const code = [opcode, results[0] ?? VOID, ...inside(), 0x0b];
    this.labels.pop();
    return code;
  }

  /** A branch, taken or not; what follows it may be out of reach. */
  private jump(): number[] {
    const { random, labels } = this;
    const depth = random.below(labels.length);
    const results = labels[labels.length - 1 - depth];
    if (!results) return [];
    const values = results.flatMap((type) => this.value(type));
    const drop = results.map(() => 0x1a);
    switch (random.below(7)) {
      case 0:
        return [...values, ...this.value(I32), 0x0d, depth, ...drop];
      case 1:
        return random.once(3) ? [...values, 0x0c, depth, ...this.unreached()] : [];
      case 2: {
        const same = labels.flatMap((types, i) => (types?.join() === results.join() ? [labels.length - 1 - i] : []));
        const targets = Array.from({ length: 1 + random.below(4) }, () => [random.pick(same)]);
        if (!random.once(3)) return [];
        return [...values, ...this.value(I32), 0x0e, ...vector(targets), random.pick(same), ...this.unreached()];
      }
      case 3:
        if (!random.once(4)) return [];
        return [...this.current.results.flatMap((type) => this.value(type)), 0x0f, ...this.unreached()];
      case 4:
        return this.mayCall && random.once(8) ? this.tailCall() : [];
      case 5:
        return random.once(30) ? [0x00, ...this.unreached()] : [];
      default:
        return [];
    }
  }

  private tailCall(): number[] {
    const same = this.functions.flatMap(({ results }, i) =>
      results.join() === this.current.results.join() ? [i] : [],
    );
    const index = this.random.pick(same);
    const args = this.functions[index]!.params.flatMap((type) => this.value(type));
    if (this.random.once(2)) return [...args, 0x12, index, ...this.unreached()];
    return [...args, ...i32(index), 0x13, index, 0, ...this.unreached()];
  }

  /** Code after a branch: it is never run, and takes operands that were never put. */
  private unreached(): number[] {
    if (this.random.once(2)) return [];
    this.room -= 2;
    if (this.random.once(2)) return [0x6a, 0x1a, ...this.statements()];
    return this.within([], 0x02, () => this.statements());
  }

  private setLocal(): number[] {
    if (this.locals.length === 0) return [];
    const index = this.random.below(this.locals.length);
    if (this.numeric?.has(index)) return [];
    const code = [...this.value(this.locals[index]!)];
    return this.random.once(3) ? [...code, 0x22, index, 0x1a] : [...code, 0x21, index];
  }

  private setGlobal(): number[] {
    const index = 1 + this.random.below(this.options.simd ? 5 : 4);
    return [...this.value(GLOBALS[index]!), 0x24, index];
  }

  /** An address within the first page, most of the time. */
  private address(): number[] {
    if (this.random.once(60)) return this.value(I32);
    return [...this.value(I32), ...i32(0x7fff), 0x71];
  }

  private offset(): number[] {
    return [0, ...leb(this.random.once(40) ? this.random.bits() : this.random.below(1_000))];
  }

  private store(): number[] {
    const [opcode, type] = this.random.pick(STORES);
    if (type === V128 && !this.options.simd) return [];
    return [...this.address(), ...this.hidden(type), ...opcode, ...this.offset()];
  }

  private bulk(): number[] {
    const [a, b, c] = [this.address(), this.address(), [...this.value(I32), ...i32(0xff), 0x71]];
    const small = () => [...this.value(I32), ...i32(3), 0x71];
    switch (this.random.below(7)) {
      case 0:
        return [...a, ...b, ...c, 0xfc, 10, 0, 0];
      case 1:
        return [...a, ...b, ...c, 0xfc, 11, 0];
      case 2:
        return [...a, ...small(), ...small(), 0xfc, 8, 0, 0];
      case 3:
        return [...small(), ...small(), ...small(), 0xfc, 14, 0, 0];
      case 4:
        return [0xd0, 0x70, ...small(), 0xfc, 15, 0, 0x1a];
      case 5:
        return [...i32(7), 0xd2, 1, ...i32(1), 0xfc, 17, 0];
      default:
        return [0xfc, 9, 0];
    }
  }

  /** A block with parameters and several results: the type of one of the functions. */
  private manyValues(): number[] {
    const index = this.random.below(this.functions.length);
    const { params, results } = this.functions[index]!;
    const before = params.flatMap((type) => this.value(type));
    this.labels.push(results);
    const code = [
      ...before,
      0x02,
      index,
      ...params.map(() => 0x1a),
      ...this.statements(),
      ...results.flatMap((type) => this.value(type)),
      0x0b,
    ];
    this.labels.pop();
    return [...code, ...results.map(() => 0x1a)];
  }

  /** @returns the call, and the drops of its results */
  private call(index: number): [number[], number[]] {
    if (!this.mayCall) return [[], []];
    const { params, results } = this.functions[index]!;
    const args = params.flatMap((type) => this.value(type));
    const drops = results.map(() => 0x1a);
    if (this.random.once(3)) return [[...args, ...i32(this.random.once(20) ? 9 : index), 0x11, index, 0], drops];
    return [[...args, 0x10, index], drops];
  }

  /** A value whose NaN bits cannot be told, where those are to be hidden. */
  private hidden(type: number): number[] {
    const code = this.value(type);
    if (!this.options.hideNans || (type !== F32 && type !== F64)) return code;
    return [...code, 0x10, this.functions.length + (type === F32 ? 0 : 1)];
  }

  value(type: number): number[] {
    const { random } = this;
    this.room -= 1;
    if (this.room <= 0 || random.once(4)) return this.leaf(type);
    switch (random.below(12)) {
      case 0:
        return this.load(type);
      case 1:
        return this.within([type], 0x02, () => [...this.statements(), ...this.jump(), ...this.value(type)]);
      case 2:
        return [
          ...this.value(I32),
          ...this.within([type], 0x04, () => [...this.value(type), 0x05, ...this.statements(), ...this.value(type)]),
        ];
      case 3:
        return this.within([type], 0x03, () => [...this.statements(), ...this.value(type)]);
      case 4:
        return [
          ...this.value(type),
          ...this.value(type),
          ...this.value(I32),
          ...(random.once(2) ? [0x1b] : [0x1c, 1, type]),
        ];
      case 5: {
        const calls = this.functions.flatMap(({ results }, i) => (results[0] === type ? [i] : []));
        if (calls.length === 0 || !this.mayCall) return this.leaf(type);
        const [call, drops] = this.call(random.pick(calls));
        return [...call, ...drops.slice(1)];
      }
      case 6: {
        const at = this.locals.indexOf(type);
        return at < 0 || this.numeric?.has(at) ? this.leaf(type) : [...this.value(type), 0x22, at];
      }
      case 7:
        if (type !== I32 || !random.once(4)) return this.operation(type);
        return random.once(2) ? [0x3f, 0] : [...this.value(I32), ...i32(1), 0x71, 0x40, 0];
      default:
        return this.operation(type);
    }
  }

  private operation(type: number): number[] {
    const { random, options } = this;
    const usable = (operation: Operation): boolean =>
      (options.simd || !operation.takes.includes(V128)) && !(options.hideNans && operation.shows);
    const candidates = OPERATIONS.get(type)!;
    for (let tries = 0; tries < 8; tries++) {
      const operation = random.pick(candidates);
      if (usable(operation)) return [...operation.takes.flatMap((taken) => this.value(taken)), ...operation.code];
    }
    return this.leaf(type);
  }

  private load(type: number): number[] {
    const loads = LOADS.filter(([, of]) => of === type);
    const [opcode] = this.random.pick(loads);
    return [...this.address(), ...opcode, ...this.offset()];
  }

  private leaf(type: number): number[] {
    const { random } = this;
    const locals = this.locals.flatMap((of, i) => (of === type ? [i] : []));
    if (locals.length > 0 && random.below(3) > 0) return [0x20, random.pick(locals)];
    const global = GLOBALS.indexOf(type, 1);
    if (random.once(3)) return [0x23, global];
    return constant(type, random.pick(INTERESTING), random);
  }
}
