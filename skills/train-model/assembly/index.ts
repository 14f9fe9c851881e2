import { answer, answerBadInput, answerError } from '../../lib/abi';
import { isUtf8 } from '../../lib/bytes';
import { JsonReader } from '../../lib/json-reader';
import { standardise } from '../../lib/softmax';
import { readTask } from './task';
import { isFiniteAll, writeModel } from './model';
import { measure, train } from './train';

export { alloc } from '../../lib/abi';

/** `{"classes","features","labels","parameters","rows"}` → the model as canonical JSON */
export function run(pointer: usize, length: usize): i64 {
  if (!isUtf8(pointer, pointer + length)) return answerError('not_utf8', 'the input is not UTF-8 text');
  const reader = new JsonReader(pointer, length);
  const task = readTask(reader);
  if (reader.failed) return answerBadInput(reader);
  const model = measure(task);
  if (isFiniteAll(model.mean) && isFiniteAll(model.scale)) {
    standardise(task.rows.values, model.mean, model.scale);
    train(task, model);
  }
  if (!model.isFinite)
    return answerError('diverged', 'the weights grew without bound; lower the learning rate or scale the features');
  return answer(writeModel(task, model));
}
