import { JsonScanner } from '../../lib/json-scanner';
import { Slice } from '../../lib/slice';

/** What is to be compared, and how it is told. */
export class Task {
  before: Slice | null = null;
  after: Slice | null = null;
  beforeName: Slice | null = null;
  afterName: Slice | null = null;
  context: i32 = 3;
  unified: bool = false;
}

/** Reads and checks a task; `scanner.error` says what is wrong. */
export function readTask(scanner: JsonScanner): Task {
  const task = new Task();
  scanner.beginObject();
  for (let key = scanner.nextName(); key !== null; key = scanner.nextName()) {
    if (key.is('before')) task.before = scanner.slice();
    else if (key.is('after')) task.after = scanner.slice();
    else if (key.is('before_name')) task.beforeName = readName(scanner);
    else if (key.is('after_name')) task.afterName = readName(scanner);
    else if (key.is('context')) task.context = scanner.integer(0, 1_000_000);
    else if (key.is('output')) task.unified = readOutput(scanner);
    else scanner.fail('is not known here', key);
  }
  scanner.finish();
  if (task.before === null || task.after === null) scanner.refuse('"before" and "after" must be there');
  return task;
}

function readName(scanner: JsonScanner): Slice {
  const name = scanner.slice();
  for (let at = name.start; at < name.end; at++) {
    if (load<u8>(at) < 0x20) scanner.fail('a name has a control character');
  }
  return name;
}

function readOutput(scanner: JsonScanner): bool {
  const output = scanner.slice();
  if (!output.is('json') && !output.is('unified')) scanner.fail('"output" must be "json" or "unified"');
  return output.is('unified');
}
