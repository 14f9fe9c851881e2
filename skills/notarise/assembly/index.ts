import { answer, answerBadInput, answerError } from '../../lib/abi';
import { ByteWriter, isUtf8 } from '../../lib/bytes';
import { JsonScanner } from '../../lib/json-scanner';
import { writeKey, writeSlice } from '../../lib/json-writer';
import { sha256, writeDigest } from '../../lib/sha256';
import { Slice } from '../../lib/slice';

export { alloc } from '../../lib/abi';

const MOST_NAME: usize = 255;
const MOST_NOTE: usize = 4096;

/** `{"name","note"?}`, a line feed, then the file's bytes → the statement that the node's log is to hold */
export function run(pointer: usize, length: usize): i64 {
  const end = pointer + length;
  let head = pointer;
  while (head < end && load<u8>(head) != 0x0a) head++;
  if (head == end) return answerError('bad_input', 'the first line must be JSON, and the file must follow it');
  if (!isUtf8(pointer, head)) return answerError('not_utf8', 'the first line is not UTF-8 text');
  const scanner = new JsonScanner(pointer, head - pointer);
  let name: Slice = new Slice(0, 0);
  let note: Slice = new Slice(0, 0);
  scanner.beginObject();
  for (let key = scanner.nextName(); key !== null; key = scanner.nextName()) {
    if (key.is('name')) name = scanner.slice();
    else if (key.is('note')) note = scanner.slice();
    else scanner.fail('is not known here', key);
  }
  scanner.finish();
  if (name.length == 0 || name.length > MOST_NAME) scanner.refuse('"name" must have 1 to 255 bytes');
  if (note.length > MOST_NOTE) scanner.refuse('"note" must have at most 4096 bytes');
  if (scanner.failed) return answerBadInput(scanner);
  return answer(state(head + 1, end, name, note));
}

function state(start: usize, end: usize, name: Slice, note: Slice): ByteWriter {
  const out = new ByteWriter(1024);
  writeKey(out, 'bytes', true);
  out.integer(end - start);
  out.ascii(',"kind":"notarisation"');
  writeKey(out, 'name');
  writeSlice(out, name);
  writeKey(out, 'note');
  writeSlice(out, note);
  out.ascii(',"sha256":"');
  writeDigest(out, sha256(start, end - start));
  out.ascii('","v":1}');
  return out;
}
