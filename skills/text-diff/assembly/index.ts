import { answer, answerBadInput, answerError } from '../../lib/abi';
import { ByteWriter, isUtf8 } from '../../lib/bytes';
import { Interner } from '../../lib/intern';
import { JsonScanner } from '../../lib/json-scanner';
import { writeKey } from '../../lib/json-writer';
import { EditScript } from '../../lib/myers';
import { Slice } from '../../lib/slice';
import { Hunks } from './hunks';
import { readTask, Task } from './task';
import { Text } from './text';

export { alloc } from '../../lib/abi';

/** `{"before","after","context"?,"output"?,"before_name"?,"after_name"?}` → a line diff, as JSON or as a unified diff */
export function run(pointer: usize, length: usize): i64 {
  if (!isUtf8(pointer, pointer + length)) return answerError('not_utf8', 'the input is not UTF-8 text');
  const scanner = new JsonScanner(pointer, length);
  const task = readTask(scanner);
  if (scanner.failed) return answerBadInput(scanner);
  const interner = new Interner();
  const before = new Text(task.before!, interner).numbers;
  const after = new Text(task.after!, interner).numbers;
  const hunks = new Hunks(before, after, new EditScript(before, after), interner, task.context);
  const out = new ByteWriter(4096);
  if (task.unified) writeUnified(out, hunks, task);
  else writeJson(out, hunks, before.length);
  return answer(out);
}

/** Empty when nothing changed. */
function writeUnified(out: ByteWriter, hunks: Hunks, task: Task): void {
  if (hunks.added + hunks.removed == 0) return;
  writeName(out, '--- ', task.beforeName, 'before\n');
  writeName(out, '+++ ', task.afterName, 'after\n');
  hunks.write(out, true);
}

function writeName(out: ByteWriter, sign: string, name: Slice | null, otherwise: string): void {
  out.ascii(sign);
  if (name === null) return out.ascii(otherwise);
  out.bytes(name.start, name.length);
  out.u8(0x0a);
}

function writeJson(out: ByteWriter, hunks: Hunks, lines: i32): void {
  writeKey(out, 'added', true);
  out.integer(hunks.added);
  writeKey(out, 'hunks');
  out.u8(0x5b);
  hunks.write(out, false);
  out.u8(0x5d);
  writeKey(out, 'removed');
  out.integer(hunks.removed);
  writeKey(out, 'unchanged');
  out.integer(lines - hunks.removed);
  out.u8(0x7d);
}
