// The raw ABI's skill side; see docs/skill-abi.md. An instance runs once, so nothing is ever freed (stub runtime).
import { ByteWriter } from './bytes';
import { JsonScanner } from './json-scanner';
import { writeAscii, writeCharacters } from './json-writer';
import { Slice } from './slice';

/** Room for the input; the host writes it there. */
export function alloc(length: i32): i32 {
  return heap.alloc(length) as i32;
}

/** `(pointer << 32) | length`, both unsigned. */
export function answer(out: ByteWriter): i64 {
  return ((out.start as u64) << 32) | (out.length as u64);
}

/** What a skill answers when its input is wrong: `{"error":{"code","message"}}`. Both are ASCII; `about` is quoted. */
export function answerError(code: string, message: string, about: Slice | null = null): i64 {
  const out = new ByteWriter(256);
  out.ascii('{"error":{"code":"');
  out.ascii(code);
  out.ascii('","message":"');
  if (about !== null) {
    out.ascii('\\"');
    writeCharacters(out, about.start, about.end);
    out.ascii('\\" ');
  }
  writeAscii(out, message);
  out.ascii('"}}');
  return answer(out);
}

/** What it answers to JSON that the scanner did not accept. */
export function answerBadInput(scanner: JsonScanner): i64 {
  return answerError('bad_input', scanner.error, scanner.about);
}
