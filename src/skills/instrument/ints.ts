/** A growing list of 32-bit integers that is used again for each function. */
export class Ints {
  at = new Int32Array(256);
  length = 0;

  push(value: number): void {
    if (this.length === this.at.length) {
      const grown = new Int32Array(this.length * 2);
      grown.set(this.at);
      this.at = grown;
    }
    this.at[this.length++] = value;
  }

  clear(): void {
    this.length = 0;
  }
}
