import { answer, answerBadInput, answerError } from '../../lib/abi';
import { ByteWriter, isUtf8 } from '../../lib/bytes';
import { JsonScanner, Kind } from '../../lib/json-scanner';
import { Slice } from '../../lib/slice';
import { Answer } from './answer';
import { Lexer } from './lexer';
import { readQuery } from './query';
import { readCsv, readRows, Table } from './table';

export { alloc } from '../../lib/abi';

/** `{"data","query","output"?,"separator"?}`; data is CSV text or a list of objects → the rows that the query asks for */
export function run(pointer: usize, length: usize): i64 {
  if (!isUtf8(pointer, pointer + length)) return answerError('not_utf8', 'the input is not UTF-8 text');
  const scanner = new JsonScanner(pointer, length);
  let csv: Slice | null = null;
  let table: Table | null = null;
  let query: Slice | null = null;
  let isCsv = false;
  let separator: u8 = 0x2c;
  scanner.beginObject();
  for (let key = scanner.nextName(); key !== null; key = scanner.nextName()) {
    if (key.is('data')) {
      if (scanner.kind() == Kind.Text) csv = scanner.slice();
      else table = readRows(scanner);
    } else if (key.is('query')) query = scanner.slice();
    else if (key.is('output')) isCsv = readOutput(scanner);
    else if (key.is('separator')) separator = readSeparator(scanner);
    else scanner.fail('is not known here', key);
  }
  scanner.finish();
  if (query === null || (csv === null && table === null)) scanner.refuse('"data" and "query" must be there');
  if (scanner.failed) return answerBadInput(scanner);
  if (table === null) table = readCsv(scanner, csv!, separator);
  if (scanner.failed) return answerBadInput(scanner);
  const wanted = readQuery(new Lexer(scanner, query!), table);
  if (scanner.failed) return answerBadInput(scanner);
  const found = new Answer(table, wanted, scanner);
  if (scanner.failed) return answerBadInput(scanner);
  const out = new ByteWriter(4096);
  if (isCsv) found.writeCsv(out);
  else found.writeJson(out);
  return answer(out);
}

function readOutput(scanner: JsonScanner): bool {
  const output = scanner.slice();
  if (!output.is('json') && !output.is('csv')) scanner.fail('"output" must be "json" or "csv"');
  return output.is('csv');
}

function readSeparator(scanner: JsonScanner): u8 {
  const text = scanner.slice();
  if (text.is(',') || text.is(';') || text.is('\t')) return load<u8>(text.start);
  scanner.fail('"separator" must be a comma, a semicolon or a tab');
  return 0;
}
