import { isMissing } from '../../lib/csv-reader';
import { parseNumber, scanNumber } from '../../lib/parse-number';

/** What is known of a column so far. */
export class Column {
  /** The name's bytes in the input. */
  start: usize = 0;
  end: usize = 0;
  present: i32 = 0;
  missing: i32 = 0;
  numbers: i32 = 0;
  smallest: f64 = Infinity;
  largest: f64 = -Infinity;
  private sum: f64 = 0;
  /** What rounding took from the sum (Neumaier 1974). */
  private lost: f64 = 0;

  add(start: usize, end: usize): void {
    if (isMissing(start, end)) {
      this.missing++;
      return;
    }
    this.present++;
    if (scanNumber(start, end) != end) return;
    const value = parseNumber(start, end);
    if (!isFinite(value)) return;
    this.numbers++;
    this.smallest = min(this.smallest, value);
    this.largest = max(this.largest, value);
    const sum = this.sum + value;
    this.lost += abs(this.sum) >= abs(value) ? this.sum - sum + value : value - sum + this.sum;
    this.sum = sum;
  }

  get type(): string {
    if (this.present == 0) return 'empty';
    return this.numbers == this.present ? 'number' : 'text';
  }

  /** Infinite when the numbers' sum is. */
  get mean(): f64 {
    return (this.sum + this.lost) / (this.numbers as f64);
  }
}
