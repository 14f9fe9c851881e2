/** Room for the largest value that a double's text needs: 768 digits against 10^1092, aligned. */
const WORDS = 256;

/** A natural number in 32-bit words, least significant first; changed in place. */
export class Big {
  private words: StaticArray<u32> = new StaticArray<u32>(WORDS);
  private size: i32 = 0;

  set(value: u64): void {
    this.words[0] = value as u32;
    this.words[1] = (value >> 32) as u32;
    this.size = 2;
    this.trim();
  }

  assign(other: Big): void {
    for (let i = 0; i < other.size; i++) this.words[i] = other.words[i];
    this.size = other.size;
  }

  private trim(): void {
    while (this.size > 0 && this.words[this.size - 1] == 0) this.size--;
  }

  bits(): i32 {
    return this.size == 0 ? 0 : 32 * this.size - (clz<u32>(this.words[this.size - 1]) as i32);
  }

  isZero(): bool {
    return this.size == 0;
  }

  /** this × factor + term */
  multiply(factor: u32, term: u32 = 0): void {
    let carry = term as u64;
    for (let i = 0; i < this.size; i++) {
      const product = (this.words[i] as u64) * factor + carry;
      this.words[i] = product as u32;
      carry = product >> 32;
    }
    if (carry != 0) this.words[this.size++] = carry as u32;
  }

  multiplyPower10(exponent: i32): void {
    for (; exponent >= 9; exponent -= 9) this.multiply(1_000_000_000);
    for (; exponent > 0; exponent--) this.multiply(10);
  }

  shiftLeft(bits: i32): void {
    if (this.size == 0) return;
    const whole = bits >> 5;
    const part = bits & 31;
    for (let i = this.size - 1; i >= 0; i--) this.words[i + whole] = this.words[i];
    for (let i = 0; i < whole; i++) this.words[i] = 0;
    this.size += whole;
    this.multiply((1 as u32) << part);
  }

  add(other: Big): void {
    const size = max(this.size, other.size);
    let carry: u64 = 0;
    for (let i = 0; i < size; i++) {
      const sum = (i < this.size ? (this.words[i] as u64) : 0) + (i < other.size ? (other.words[i] as u64) : 0) + carry;
      this.words[i] = sum as u32;
      carry = sum >> 32;
    }
    this.size = size;
    if (carry != 0) this.words[this.size++] = carry as u32;
  }

  /** Needs this ≥ other. */
  subtract(other: Big): void {
    let borrow: u64 = 0;
    for (let i = 0; i < this.size; i++) {
      const difference = (this.words[i] as u64) - (i < other.size ? (other.words[i] as u64) : 0) - borrow;
      this.words[i] = difference as u32;
      borrow = difference >> 63;
    }
    this.trim();
  }

  /** Negative, zero or positive, as this is below, equal to or above the other. */
  compare(other: Big): i32 {
    if (this.size != other.size) return this.size - other.size;
    for (let i = this.size - 1; i >= 0; i--) {
      if (this.words[i] != other.words[i]) return this.words[i] < other.words[i] ? -1 : 1;
    }
    return 0;
  }
}
