import { answer, answerBadInput, answerError } from '../../lib/abi';
import { isUtf8 } from '../../lib/bytes';
import { JsonReader } from '../../lib/json-reader';
import { JsonValue, readValue } from '../../lib/json-tree';
import { Patch } from './patch';

export { alloc } from '../../lib/abi';

/** `{"before","after"}`, any two JSON values → the JSON Patch (RFC 6902) that turns the one into the other */
export function run(pointer: usize, length: usize): i64 {
  if (!isUtf8(pointer, pointer + length)) return answerError('not_utf8', 'the input is not UTF-8 text');
  const reader = new JsonReader(pointer, length);
  let before: JsonValue | null = null;
  let after: JsonValue | null = null;
  reader.beginObject();
  for (let key = reader.nextName(); key !== null; key = reader.nextName()) {
    if (before === null && key.is('before')) before = readValue(reader);
    else if (after === null && key.is('after')) after = readValue(reader);
    else reader.fail('is not known here', key);
  }
  reader.finish();
  if (before === null || after === null) reader.refuse('"before" and "after" must be there');
  if (reader.failed) return answerBadInput(reader);
  return answer(new Patch().between(before!, after!));
}
