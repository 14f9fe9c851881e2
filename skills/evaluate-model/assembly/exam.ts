import { JsonReader, Matrix } from '../../lib/json-reader';

/** A model, and rows that it has not seen. */
export class Exam {
  classes: string[] = [];
  features: string[] = [];
  mean: StaticArray<f64> = new StaticArray<f64>(0);
  scale: StaticArray<f64> = new StaticArray<f64>(0);
  bias: StaticArray<f64> = new StaticArray<f64>(0);
  weights: Matrix = new Matrix(new StaticArray<f64>(0), 0, 0);
  kind: string = '';
  version: i32 = 0;
  rows: Matrix = new Matrix(new StaticArray<f64>(0), 0, 0);
  labels: StaticArray<f64> = new StaticArray<f64>(0);
}

/** Reads and checks; `reader.error` says what is wrong. */
export function readExam(reader: JsonReader): Exam {
  const exam = new Exam();
  const seen: string[] = [];
  reader.beginObject();
  for (let key = reader.nextKey(); key !== null; key = reader.nextKey()) {
    if (seen.includes(key)) reader.fail('"' + key + '" is there twice');
    seen.push(key);
    if (key == 'model') readModel(reader, exam);
    else if (key == 'rows') exam.rows = reader.matrix();
    else if (key == 'labels') exam.labels = reader.numbers();
    else reader.fail('"' + key + '" is not known here');
  }
  reader.finish();
  if (!reader.failed) check(reader, exam);
  return exam;
}

function readModel(reader: JsonReader, exam: Exam): void {
  reader.beginObject();
  for (let key = reader.nextKey(); key !== null; key = reader.nextKey()) {
    if (key == 'classes') exam.classes = reader.texts();
    else if (key == 'features') exam.features = reader.texts();
    else if (key == 'mean') exam.mean = reader.numbers();
    else if (key == 'scale') exam.scale = reader.numbers();
    else if (key == 'bias') exam.bias = reader.numbers();
    else if (key == 'weights') exam.weights = reader.matrix();
    else if (key == 'kind') exam.kind = reader.text();
    else if (key == 'v') exam.version = reader.natural(1);
    else if (key == 'parameters' || key == 'training') readFigures(reader);
    else reader.fail('"' + key + '" is not known in a model');
  }
}

/** How the model came to be: no part of what it answers. */
function readFigures(reader: JsonReader): void {
  reader.beginObject();
  while (reader.nextKey() !== null) reader.number();
}

function check(reader: JsonReader, exam: Exam): void {
  const features = exam.features.length;
  const classes = exam.classes.length;
  if (exam.kind != 'softmax_regression' || exam.version != 1)
    reader.refuse('the model is of a kind that is not known here');
  if (features == 0 || classes < 2) reader.refuse('the model has no features or fewer than two classes');
  if (exam.mean.length != features || exam.scale.length != features)
    reader.refuse('the model’s scaling does not fit its features');
  if (exam.bias.length != classes || exam.weights.rows != classes || exam.weights.columns != features) {
    reader.refuse('the model’s weights do not fit its classes and features');
  }
  for (let j = 0; j < exam.scale.length; j++)
    if (!(exam.scale[j] > 0)) reader.refuse('the model’s scale must be above 0');
  if (exam.rows.rows == 0) reader.refuse('"rows" is empty: there is nothing to evaluate on');
  if (exam.rows.columns != features) reader.refuse('each row must have one number for each feature');
  if (exam.labels.length != exam.rows.rows) reader.refuse('there must be one label for each row');
  for (let i = 0; i < exam.labels.length; i++) {
    const label = exam.labels[i];
    if (label != floor(label) || label < 0 || label >= classes)
      reader.refuse('label ' + (i + 1).toString() + ' is no index of a class');
  }
}
