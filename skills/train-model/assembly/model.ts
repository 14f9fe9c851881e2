import { ByteWriter } from '../../lib/bytes';
import { writeNumber, writeNumbers } from '../../lib/format-number';
import { writeKey, writeSlices } from '../../lib/json-writer';
import { Task } from './task';

export class Model {
  mean: StaticArray<f64>;
  scale: StaticArray<f64>;
  /** Class after class. */
  weights: StaticArray<f64>;
  bias: StaticArray<f64>;
  /** On the training rows. */
  logLoss: f64 = Infinity;

  constructor(features: i32, classes: i32) {
    this.mean = new StaticArray<f64>(features);
    this.scale = new StaticArray<f64>(features);
    this.weights = new StaticArray<f64>(features * classes);
    this.bias = new StaticArray<f64>(classes);
  }

  get isFinite(): bool {
    return isFinite(this.logLoss) && isFiniteAll(this.weights) && isFiniteAll(this.bias);
  }
}

export function isFiniteAll(values: StaticArray<f64>): bool {
  for (let i = 0; i < values.length; i++) if (!isFinite(values[i])) return false;
  return true;
}

/** Canonical JSON (RFC 8785): keys sorted, shortest numbers. */
export function writeModel(task: Task, model: Model): ByteWriter {
  const features = task.features.length;
  const classes = task.classes.length;
  const out = new ByteWriter(4096);
  writeKey(out, 'bias', true);
  writeNumbers(out, model.bias, 0, classes);
  writeKey(out, 'classes');
  writeSlices(out, task.classes);
  writeKey(out, 'features');
  writeSlices(out, task.features);
  out.ascii(',"kind":"softmax_regression"');
  writeKey(out, 'mean');
  writeNumbers(out, model.mean, 0, features);
  writeKey(out, 'parameters');
  writeParameters(out, task);
  writeKey(out, 'scale');
  writeNumbers(out, model.scale, 0, features);
  writeKey(out, 'training');
  writeKey(out, 'log_loss', true);
  writeNumber(out, model.logLoss);
  writeKey(out, 'rows');
  out.integer(task.rows.rows);
  out.ascii('},"v":1');
  writeKey(out, 'weights');
  for (let k = 0; k < classes; k++) {
    out.u8(k == 0 ? 0x5b : 0x2c);
    writeNumbers(out, model.weights, k * features, features);
  }
  out.ascii(']}');
  return out;
}

function writeParameters(out: ByteWriter, task: Task): void {
  writeKey(out, 'epochs', true);
  out.integer(task.epochs);
  writeKey(out, 'l2');
  writeNumber(out, task.l2);
  writeKey(out, 'learning_rate');
  writeNumber(out, task.learningRate);
  out.u8(0x7d);
}
