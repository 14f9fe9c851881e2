/**
 * PCG32 (XSH-RR 64/32, M. E. O'Neill 2014, https://www.pcg-random.org): an integer generator with published vectors, so
 * that anybody can repeat a split in any language.
 */
const MULTIPLIER = 6364136223846793005n;
const MASK = (1n << 64n) - 1n;

export class Pcg32 {
  private state = 0n;
  private readonly increment: bigint;

  /** As the reference's `pcg32_srandom(seed, stream)`. */
  constructor(seed: bigint, stream: bigint) {
    this.increment = ((stream << 1n) | 1n) & MASK;
    this.next();
    this.state = (this.state + seed) & MASK;
    this.next();
  }

  /** 32 bits, 0 to 2^32 − 1. */
  next(): number {
    const old = this.state;
    this.state = (old * MULTIPLIER + this.increment) & MASK;
    const shifted = Number((((old >> 18n) ^ old) >> 27n) & 0xffffffffn);
    const turn = Number(old >> 59n);
    return ((shifted >>> turn) | (shifted << (-turn & 31))) >>> 0;
  }

  /** 0 to `bound` − 1 without bias, as the reference's `pcg32_boundedrand`. */
  below(bound: number): number {
    const threshold = (2 ** 32 - bound) % bound;
    for (;;) {
      const value = this.next();
      if (value >= threshold) return value % bound;
    }
  }
}
