import { answer, answerBadInput, answerError } from '../../lib/abi';
import { isUtf8 } from '../../lib/bytes';
import { JsonReader } from '../../lib/json-reader';
import { readExam } from './exam';
import { evaluate, writeReport } from './report';

export { alloc } from '../../lib/abi';

/** `{"labels","model","rows"}` → `{"accuracy","confusion","log_loss","macro_f1","min_recall","n"}` */
export function run(pointer: usize, length: usize): i64 {
  if (!isUtf8(pointer, pointer + length)) return answerError('not_utf8', 'the input is not UTF-8 text');
  const reader = new JsonReader(pointer, length);
  const exam = readExam(reader);
  if (reader.failed) return answerBadInput(reader);
  const report = evaluate(exam);
  if (!isFinite(report.logLoss))
    return answerError('overflow', 'a row lies too far from the training data to be scored');
  return answer(writeReport(report));
}
