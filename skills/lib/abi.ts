// The raw ABI's skill side; see docs/skill-abi.md. An instance runs once, so nothing is ever freed (stub runtime).
import { ByteWriter } from './bytes';
import { writeString } from './json-writer';

/** Room for the input; the host writes it there. */
export function alloc(length: i32): i32 {
  return heap.alloc(length) as i32;
}

/** `(pointer << 32) | length`, both unsigned. */
export function answer(out: ByteWriter): i64 {
  return ((out.start as u64) << 32) | (out.length as u64);
}

/** What a skill answers when its input is wrong: `{"error":{"code","message"}}`. */
export function answerError(code: string, message: string): i64 {
  const out = new ByteWriter(256);
  out.ascii('{"error":{"code":');
  writeString(out, code);
  out.ascii(',"message":');
  writeString(out, message);
  out.ascii('}}');
  return answer(out);
}
