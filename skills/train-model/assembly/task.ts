import { decimal } from '../../lib/decimal';
import { JsonReader, Matrix } from '../../lib/json-reader';
import { hasTwice, isAmong, Slice } from '../../lib/slice';

const MAX_EPOCHS = 100_000;

/** What is to be learnt. */
export class Task {
  features: Slice[] = [];
  classes: Slice[] = [];
  rows: Matrix = new Matrix(new StaticArray<f64>(0), 0, 0);
  /** The class of each row, by its index. */
  labels: StaticArray<f64> = new StaticArray<f64>(0);
  epochs: i32 = -1;
  learningRate: f64 = -1;
  l2: f64 = -1;
}

/** Reads and checks a task; `reader.error` says what is wrong. */
export function readTask(reader: JsonReader): Task {
  const task = new Task();
  const seen: Slice[] = [];
  reader.beginObject();
  for (let key = reader.nextName(); key !== null; key = reader.nextName()) {
    if (isAmong(key, seen, seen.length)) reader.fail('is there twice', key);
    seen.push(key);
    if (key.is('parameters')) readParameters(reader, task);
    else if (key.is('features')) task.features = reader.slices();
    else if (key.is('classes')) task.classes = reader.slices();
    else if (key.is('rows')) task.rows = reader.matrix();
    else if (key.is('labels')) task.labels = reader.numbers();
    else reader.fail('is not known here', key);
  }
  reader.finish();
  if (!reader.failed) check(reader, task);
  return task;
}

function readParameters(reader: JsonReader, task: Task): void {
  reader.beginObject();
  for (let key = reader.nextName(); key !== null; key = reader.nextName()) {
    if (key.is('epochs')) task.epochs = reader.natural(MAX_EPOCHS);
    else if (key.is('learning_rate')) task.learningRate = reader.number();
    else if (key.is('l2')) task.l2 = reader.number();
    else reader.fail('is no parameter', key);
  }
}

function check(reader: JsonReader, task: Task): void {
  if (task.epochs < 1) reader.refuse('"epochs" must be a whole number from 1 to ' + decimal(MAX_EPOCHS));
  if (!(task.learningRate > 0)) reader.refuse('"learning_rate" must be above 0');
  if (!(task.l2 >= 0)) reader.refuse('"l2" must be 0 or more');
  if (task.features.length == 0 || hasTwice(task.features))
    reader.refuse('"features" must name at least one column, each once');
  if (task.classes.length < 2 || hasTwice(task.classes))
    reader.refuse('"classes" must name at least two classes, each once');
  if (task.rows.rows == 0) reader.refuse('"rows" is empty: there is nothing to learn from');
  if (task.rows.columns != task.features.length) reader.refuse('each row must have one number for each feature');
  if (task.labels.length != task.rows.rows) reader.refuse('there must be one label for each row');
  for (let i = 0; i < task.labels.length; i++) {
    const label = task.labels[i];
    if (label != floor(label) || label < 0 || label >= task.classes.length) {
      reader.refuse('label ' + decimal(i + 1) + ' is no index of a class');
    }
  }
}
