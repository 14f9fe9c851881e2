import { answer, answerBadInput, answerError } from '../../lib/abi';
import { ByteWriter, isUtf8 } from '../../lib/bytes';
import { JsonScanner } from '../../lib/json-scanner';
import { writeKey, writeUtf8 } from '../../lib/json-writer';
import { Slice } from '../../lib/slice';
import { KINDS, Redactor } from './redactor';

export { alloc } from '../../lib/abi';

/** `{"text","kinds"?,"style"?}` → `{"counts":{…},"text":…}` */
export function run(pointer: usize, length: usize): i64 {
  if (!isUtf8(pointer, pointer + length)) return answerError('not_utf8', 'the input is not UTF-8 text');
  const scanner = new JsonScanner(pointer, length);
  const redactor = new Redactor();
  let text: Slice | null = null;
  scanner.beginObject();
  for (let key = scanner.nextName(); key !== null; key = scanner.nextName()) {
    if (key.is('text')) text = scanner.slice();
    else if (key.is('kinds')) redactor.kinds = readKinds(scanner);
    else if (key.is('style')) redactor.mask = readStyle(scanner);
    else scanner.fail('is not known here', key);
  }
  scanner.finish();
  if (text === null) scanner.refuse('"text" must be there');
  if (scanner.failed) return answerBadInput(scanner);
  return answer(write(redactor, redactor.redact(text!)));
}

/** As bits, by their place in KINDS. */
function readKinds(scanner: JsonScanner): i32 {
  let kinds = 0;
  scanner.beginArray();
  while (scanner.nextItem()) {
    const name = scanner.slice();
    let kind = 0;
    while (kind < KINDS.length && !name.is(KINDS[kind])) kind++;
    if (kind == KINDS.length) scanner.fail('is no kind that can be redacted', name);
    kinds |= 1 << kind;
  }
  return kinds;
}

function readStyle(scanner: JsonScanner): bool {
  const style = scanner.slice();
  if (!style.is('mask') && !style.is('token')) scanner.fail('"style" must be "mask" or "token"');
  return style.is('mask');
}

function write(redactor: Redactor, text: ByteWriter): ByteWriter {
  const out = new ByteWriter(text.length + 256);
  out.ascii('{"counts":');
  for (let kind = 0; kind < KINDS.length; kind++) {
    writeKey(out, KINDS[kind], kind == 0);
    out.integer(redactor.counts[kind]);
  }
  out.u8(0x7d);
  writeKey(out, 'text');
  writeUtf8(out, text.start, text.start + text.length);
  out.u8(0x7d);
  return out;
}
