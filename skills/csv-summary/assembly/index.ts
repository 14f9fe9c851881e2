import { answer, answerError } from '../../lib/abi';
import { ByteWriter, isUtf8 } from '../../lib/bytes';
import { CsvReader, unescapeField } from '../../lib/csv-reader';
import { decimal } from '../../lib/decimal';
import { writeNumber } from '../../lib/format-number';
import { writeKey, writeUtf8 } from '../../lib/json-writer';
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
    column.end = reader.escaped ? unescapeField(reader.start, reader.end) : reader.end;
    columns.push(column);
    if (columns.length > MAX_COLUMNS) reader.error = 'it has more than ' + decimal(MAX_COLUMNS) + ' columns';
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
  const where = 'line ' + decimal(reader.line);
  reader.error = where + ' has ' + decimal(fields) + ' fields and the header ' + decimal(columns.length);
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
  out.integer(rows);
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
  out.integer(column.missing);
  writeKey(out, 'name');
  writeUtf8(out, column.start, column.end);
  writeKey(out, 'type');
  out.u8(0x22);
  out.ascii(column.type);
  out.ascii('"}');
}
