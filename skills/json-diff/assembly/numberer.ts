import { JsonValue } from '../../lib/json-tree';

/** Gives equal values the same number. */
export class Numberer {
  private known: JsonValue[] = [];
  /** Open addressing: number + 1, 0 where free. */
  private slots: StaticArray<i32>;

  /** @param most how many values it will see */
  constructor(most: i32) {
    let size = 4;
    while (size < most * 2) size <<= 1;
    this.slots = new StaticArray<i32>(size);
  }

  numbers(values: JsonValue[]): StaticArray<i32> {
    const numbers = new StaticArray<i32>(values.length);
    for (let i = 0; i < values.length; i++) numbers[i] = this.number(values[i]);
    return numbers;
  }

  private number(value: JsonValue): i32 {
    const mask = this.slots.length - 1;
    let slot = value.hash & mask;
    for (; this.slots[slot] != 0; slot = (slot + 1) & mask) {
      if (this.known[this.slots[slot] - 1].equals(value)) return this.slots[slot] - 1;
    }
    this.known.push(value);
    this.slots[slot] = this.known.length;
    return this.known.length - 1;
  }
}
