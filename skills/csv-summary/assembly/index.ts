import { answer, answerError } from '../../lib/abi';
import { ByteWriter, isUtf8 } from '../../lib/bytes';
import { CsvReader } from '../../lib/csv-reader';
import { writeNumber } from '../../lib/format-number';
import { writeKey, writeString, writeUtf8 } from '../../lib/json-writer';
import { Column } from './column';

export { alloc } from '../../lib/abi';

const MAX_COLUMNS = 1024;

/** CSV with a header line, UTF-8 → `{"columns":[…],"rows":…}` */
export function run(pointer: usize, length: usize): i64 {
  if (!isUtf8(pointer, pointer + length)) return answerError('not_utf8', 'the file is not UTF-8 text');
  const reader = new CsvReader(pointer, length);
  if (!reader.more) return answerError('bad_input', 'the file is empty');
  const columns = readHeader(reader);
  let rows = 0;
  for (; reader.more; rows++) readRow(reader, columns);
  if (reader.error.length > 0) return answerError('bad_input', reader.error);
  return answer(describe(columns, rows));
}

function readHeader(reader: CsvReader): Column[] {
  const columns: Column[] = [];
  do {
    reader.next();
    const column = new Column();
    column.start = reader.start;
    column.end = reader.end;
    column.escaped = reader.escaped;
    columns.push(column);
    if (columns.length > MAX_COLUMNS) reader.error = 'it has more than ' + MAX_COLUMNS.toString() + ' columns';
  } while (!reader.lastInRecord && reader.error.length == 0);
  return columns;
}

function readRow(reader: CsvReader, columns: Column[]): void {
  let fields = 0;
  do {
    reader.next();
    if (fields < columns.length) columns[fields].add(reader.start, reader.end);
    fields++;
  } while (!reader.lastInRecord && reader.error.length == 0);
  if (fields == columns.length || reader.error.length > 0) return;
  const where = 'line ' + reader.line.toString();
  reader.error = where + ' has ' + fields.toString() + ' fields and the header ' + columns.length.toString();
}

function describe(columns: Column[], rows: i32): ByteWriter {
  const out = new ByteWriter(4096);
  writeKey(out, 'columns', true);
  out.u8(0x5b);
  for (let i = 0; i < columns.length; i++) {
    if (i > 0) out.u8(0x2c);
    describeColumn(out, columns[i]);
  }
  out.u8(0x5d);
  writeKey(out, 'rows');
  writeNumber(out, rows);
  out.u8(0x7d);
  return out;
}

function describeColumn(out: ByteWriter, column: Column): void {
  const isNumber = column.type == 'number';
  if (isNumber) {
    writeKey(out, 'max', true);
    writeNumber(out, column.largest);
    writeKey(out, 'mean');
    if (isFinite(column.mean)) writeNumber(out, column.mean);
    else out.ascii('null');
    writeKey(out, 'min');
    writeNumber(out, column.smallest);
  }
  writeKey(out, 'missing', !isNumber);
  writeNumber(out, column.missing);
  writeKey(out, 'name');
  writeName(out, column);
  writeKey(out, 'type');
  writeString(out, column.type);
  out.u8(0x7d);
}

/** The name as it was meant: a doubled quote inside a quoted field is one. */
function writeName(out: ByteWriter, column: Column): void {
  if (!column.escaped) return writeUtf8(out, column.start, column.end);
  const name = new ByteWriter(64);
  for (let at = column.start; at < column.end; at++) {
    name.u8(load<u8>(at));
    if (load<u8>(at) == 0x22) at++;
  }
  writeUtf8(out, name.start, name.start + name.length);
}
