import { decimal } from '../../lib/decimal';
import { JsonReader, Matrix } from '../../lib/json-reader';
import { isAmong, Slice } from '../../lib/slice';

/** A model, and rows that it has not seen. */
export class Exam {
  classes: Slice[] = [];
  features: Slice[] = [];
  mean: StaticArray<f64> = new StaticArray<f64>(0);
  scale: StaticArray<f64> = new StaticArray<f64>(0);
  bias: StaticArray<f64> = new StaticArray<f64>(0);
  weights: Matrix = new Matrix(new StaticArray<f64>(0), 0, 0);
  kind: Slice = new Slice(0, 0);
  version: i32 = 0;
  rows: Matrix = new Matrix(new StaticArray<f64>(0), 0, 0);
  labels: StaticArray<f64> = new StaticArray<f64>(0);
}

/** Reads and checks; `reader.error` says what is wrong. */
export function readExam(reader: JsonReader): Exam {
  const exam = new Exam();
  const seen: Slice[] = [];
  reader.beginObject();
  for (let key = reader.nextName(); key !== null; key = reader.nextName()) {
    if (isAmong(key, seen, seen.length)) reader.fail('is there twice', key);
    seen.push(key);
    if (key.is('model')) readModel(reader, exam);
    else if (key.is('rows')) exam.rows = reader.matrix();
    else if (key.is('labels')) exam.labels = reader.numbers();
    else reader.fail('is not known here', key);
  }
  reader.finish();
  if (!reader.failed) check(reader, exam);
  return exam;
}

function readModel(reader: JsonReader, exam: Exam): void {
  reader.beginObject();
  for (let key = reader.nextName(); key !== null; key = reader.nextName()) {
    if (key.is('classes')) exam.classes = reader.slices();
    else if (key.is('features')) exam.features = reader.slices();
    else if (key.is('mean')) exam.mean = reader.numbers();
    else if (key.is('scale')) exam.scale = reader.numbers();
    else if (key.is('bias')) exam.bias = reader.numbers();
    else if (key.is('weights')) exam.weights = reader.matrix();
    else if (key.is('kind')) exam.kind = reader.slice();
    else if (key.is('v')) exam.version = reader.natural(1);
    else if (key.is('parameters') || key.is('training')) readFigures(reader);
    else reader.fail('is not known in a model', key);
  }
}

/** How the model came to be: no part of what it answers. */
function readFigures(reader: JsonReader): void {
  reader.beginObject();
  while (reader.nextName() !== null) reader.number();
}

function check(reader: JsonReader, exam: Exam): void {
  const features = exam.features.length;
  const classes = exam.classes.length;
  if (!exam.kind.is('softmax_regression') || exam.version != 1)
    reader.refuse('the model is of a kind that is not known here');
  if (features == 0 || classes < 2) reader.refuse('the model has no features or fewer than two classes');
  if (exam.mean.length != features || exam.scale.length != features)
    reader.refuse("the model's scaling does not fit its features");
  if (exam.bias.length != classes || exam.weights.rows != classes || exam.weights.columns != features) {
    reader.refuse("the model's weights do not fit its classes and features");
  }
  for (let j = 0; j < exam.scale.length; j++)
    if (!(exam.scale[j] > 0)) reader.refuse("the model's scale must be above 0");
  if (exam.rows.rows == 0) reader.refuse('"rows" is empty: there is nothing to evaluate on');
  if (exam.rows.columns != features) reader.refuse('each row must have one number for each feature');
  if (exam.labels.length != exam.rows.rows) reader.refuse('there must be one label for each row');
  for (let i = 0; i < exam.labels.length; i++) {
    const label = exam.labels[i];
    if (label != floor(label) || label < 0 || label >= classes)
      reader.refuse('label ' + decimal(i + 1) + ' is no index of a class');
  }
}
