import { ByteWriter } from '../../lib/bytes';
import { writeNumber, writeNumbers } from '../../lib/format-number';
import { writeKey } from '../../lib/json-writer';
import { largest, scores, softmax, standardise } from '../../lib/softmax';
import { Exam } from './exam';

export class Report {
  rows: i32 = 0;
  logLoss: f64 = 0;
  /** Row = the true class, column = the predicted one. */
  confusion: StaticArray<f64>;

  constructor(public classes: i32) {
    this.confusion = new StaticArray<f64>(classes * classes);
  }

  private count(truth: i32, predicted: i32): f64 {
    return this.confusion[truth * this.classes + predicted];
  }

  /** Rows of the true class k. */
  private truths(k: i32): f64 {
    let sum = 0.0;
    for (let other = 0; other < this.classes; other++) sum += this.count(k, other);
    return sum;
  }

  private predictions(k: i32): f64 {
    let sum = 0.0;
    for (let other = 0; other < this.classes; other++) sum += this.count(other, k);
    return sum;
  }

  get accuracy(): f64 {
    let right = 0.0;
    for (let k = 0; k < this.classes; k++) right += this.count(k, k);
    return right / this.rows;
  }

  /** The lowest recall of the classes that have rows. */
  get minRecall(): f64 {
    let lowest = 1.0;
    for (let k = 0; k < this.classes; k++) {
      if (this.truths(k) > 0) lowest = min(lowest, this.count(k, k) / this.truths(k));
    }
    return lowest;
  }

  /** Mean F1 of the classes that have rows or were predicted. */
  get macroF1(): f64 {
    let sum = 0.0;
    let present = 0.0;
    for (let k = 0; k < this.classes; k++) {
      const both = this.truths(k) + this.predictions(k);
      if (both == 0) continue;
      sum += (2 * this.count(k, k)) / both;
      present++;
    }
    return sum / present;
  }
}

export function evaluate(exam: Exam): Report {
  const classes = exam.classes.length;
  const features = exam.features.length;
  const report = new Report(classes);
  const chances = new StaticArray<f64>(classes);
  standardise(exam.rows.values, exam.mean, exam.scale);
  for (let i = 0; i < exam.rows.rows; i++) {
    const label = exam.labels[i] as i32;
    scores(exam.rows.values, i * features, exam.weights.values, exam.bias, features, chances);
    const own = chances[label];
    report.confusion[label * classes + largest(chances)]++;
    report.logLoss += softmax(chances) - own;
  }
  report.rows = exam.rows.rows;
  report.logLoss /= report.rows;
  return report;
}

export function writeReport(report: Report): ByteWriter {
  const out = new ByteWriter(1024);
  writeKey(out, 'accuracy', true);
  writeNumber(out, report.accuracy);
  writeKey(out, 'confusion');
  for (let k = 0; k < report.classes; k++) {
    out.u8(k == 0 ? 0x5b : 0x2c);
    writeNumbers(out, report.confusion, k * report.classes, report.classes);
  }
  out.u8(0x5d);
  writeKey(out, 'log_loss');
  writeNumber(out, report.logLoss);
  writeKey(out, 'macro_f1');
  writeNumber(out, report.macroF1);
  writeKey(out, 'min_recall');
  writeNumber(out, report.minRecall);
  writeKey(out, 'n');
  out.integer(report.rows);
  out.u8(0x7d);
  return out;
}
