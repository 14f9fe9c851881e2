import { decimal } from './decimal';
import { JsonScanner } from './json-scanner';
import { parseNumber, scanNumber } from './parse-number';
import { Slice } from './slice';

/** More would be a matrix that no skill's memory holds. */
const MAX_ITEMS: i32 = 1 << 26;

/**
 * A scanner that also knows numbers and tables of them. Keys that the caller does not know are its to refuse: there is
 * no way to skip a value, and so no depth to bound.
 */
export class JsonReader extends JsonScanner {
  /** A finite number. */
  number(): f64 {
    this.peek();
    const stop: usize = this.failed ? 0 : scanNumber(this.at, this.end);
    if (stop == 0) {
      this.fail('expected a number');
      return 0;
    }
    const value = parseNumber(this.at, stop);
    if (!isFinite(value)) this.fail('a number is too large');
    else this.at = stop;
    return value;
  }

  /** A whole number from 0 to `most`. */
  natural(most: i32): i32 {
    const value = this.number();
    if (this.failed) return 0;
    if (value == floor(value) && value >= 0 && value <= (most as f64)) return value as i32;
    this.fail('expected a whole number from 0 to ' + decimal(most));
    return 0;
  }

  slices(): Slice[] {
    const slices: Slice[] = [];
    this.beginArray();
    while (this.nextItem()) slices.push(this.slice());
    return slices;
  }

  numbers(): StaticArray<f64> {
    const list = new NumberList();
    this.beginArray();
    while (this.nextItem()) list.push(this.number());
    return list.items();
  }

  /** Rows of numbers that are all as long as the first. */
  matrix(): Matrix {
    const list = new NumberList();
    let rows = 0;
    let columns = 0;
    this.beginArray();
    while (this.nextItem()) {
      const before = list.length;
      this.beginArray();
      while (this.nextItem()) list.push(this.number());
      const width = list.length - before;
      if (rows == 0) columns = width;
      if (!this.failed && width != columns) {
        this.refuse('row ' + decimal(rows + 1) + ' has ' + decimal(width) + ' numbers, the first ' + decimal(columns));
      }
      rows++;
      if (list.length > MAX_ITEMS) this.refuse('too many numbers');
    }
    return new Matrix(list.items(), rows, columns);
  }
}

export class Matrix {
  constructor(
    /** Row after row. */
    public values: StaticArray<f64>,
    public rows: i32,
    public columns: i32,
  ) {}
}

/** Grows in place while nothing else is allocated (`__renew` extends the last block), so a large matrix is there once. */
class NumberList {
  length: i32 = 0;
  private store: StaticArray<f64> = new StaticArray<f64>(64);

  push(value: f64): void {
    if (this.length == this.store.length) this.resize(this.length * 2);
    unchecked((this.store[this.length++] = value));
  }

  items(): StaticArray<f64> {
    this.resize(this.length);
    return this.store;
  }

  private resize(length: i32): void {
    this.store = changetype<StaticArray<f64>>(__renew(changetype<usize>(this.store), (length as usize) << 3));
  }
}
