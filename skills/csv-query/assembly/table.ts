import { CsvReader, isMissing, unescapeField } from '../../lib/csv-reader';
import { decimal } from '../../lib/decimal';
import { JsonScanner, Kind } from '../../lib/json-scanner';
import { parseNumber, scanNumber } from '../../lib/parse-number';
import { compareBytes, Slice } from '../../lib/slice';
import { Cell, cellOf, FLAG, MISSING, NUMBER, TEXT } from './cell';

const MOST_COLUMNS = 1024;

/** Rows that hold only what they have: the cells of row r are those from `starts[r]`, each with its column. */
export class Table {
  names: Slice[] = [];
  private starts: i32[] = [];
  private columns: i32[] = [];
  private cells: Cell[] = [];

  get rows(): i32 {
    return this.starts.length;
  }

  cell(row: i32, column: i32): Cell {
    const start = this.starts[row];
    const end = row + 1 < this.starts.length ? this.starts[row + 1] : this.cells.length;
    // Where no row lacks anything, a cell is where its column is.
    if (start + column < end && this.columns[start + column] == column) return this.cells[start + column];
    for (let i = start; i < end; i++) if (this.columns[i] == column) return this.cells[i];
    return MISSING;
  }

  /** The column's place, or -1. */
  find(name: Slice): i32 {
    for (let i = 0; i < this.names.length; i++) if (compareBytes(this.names[i], name) == 0) return i;
    return -1;
  }

  beginRow(): void {
    this.starts.push(this.cells.length);
  }

  put(column: i32, cell: Cell): void {
    this.columns.push(column);
    this.cells.push(cell);
  }
}

/** A column that CSV does not say the type of: what reads as a number is one. */
function fieldCell(reader: CsvReader): Cell {
  const start = reader.start;
  if (isMissing(start, reader.end)) return MISSING;
  const isNumber = scanNumber(start, reader.end) == reader.end && isFinite(parseNumber(start, reader.end));
  if (isNumber) return cellOf(NUMBER, start, reader.end);
  return cellOf(TEXT, start, reader.escaped ? unescapeField(start, reader.end) : reader.end);
}

/** CSV with a header line. What is wrong is the scanner's to tell. */
export function readCsv(scanner: JsonScanner, text: Slice, separator: u8): Table {
  const table = new Table();
  const reader = new CsvReader(text.start, text.length);
  reader.separator = separator;
  if (!reader.more) scanner.refuse('the table is empty');
  while (reader.more) {
    reader.next();
    table.names.push(new Slice(reader.start, reader.escaped ? unescapeField(reader.start, reader.end) : reader.end));
    if (table.names.length > MOST_COLUMNS) reader.error = 'it has more than 1024 columns';
    if (reader.lastInRecord) break;
  }
  while (reader.more) {
    table.beginRow();
    let fields = 0;
    do {
      reader.next();
      table.put(fields++, fieldCell(reader));
    } while (!reader.lastInRecord && reader.error.length == 0);
    if (fields != table.names.length && reader.error.length == 0) {
      const where = 'line ' + decimal(reader.line) + ' has ' + decimal(fields);
      reader.error = where + ' fields and the header ' + decimal(table.names.length);
    }
  }
  if (reader.error.length > 0) scanner.refuse(reader.error);
  return table;
}

/** A list of objects, whose keys are the columns, in the order in which they first come. */
export function readRows(scanner: JsonScanner): Table {
  const table = new Table();
  scanner.beginArray();
  while (scanner.nextItem()) {
    table.beginRow();
    let next = 0;
    scanner.beginObject();
    for (let name = scanner.nextName(); name !== null; name = scanner.nextName()) {
      const isNext = next < table.names.length && compareBytes(table.names[next], name) == 0;
      let column = isNext ? next : table.find(name);
      if (column < 0) column = table.names.push(name) - 1;
      next = column + 1;
      if (table.names.length > MOST_COLUMNS) scanner.fail('there are more than 1024 columns');
      table.put(column, valueCell(scanner));
    }
  }
  return table;
}

function valueCell(scanner: JsonScanner): Cell {
  const kind = scanner.kind();
  if (kind == Kind.Text) {
    const text = scanner.slice();
    return cellOf(TEXT, text.start, text.end);
  }
  if (kind >= Kind.Array) scanner.fail('a cell holds a list or an object');
  const raw = scanner.plain();
  if (kind == Kind.Null) return MISSING;
  if (kind == Kind.Number && !isFinite(parseNumber(raw.start, raw.end))) scanner.fail('a number is too large');
  return cellOf(kind == Kind.Number ? NUMBER : FLAG, raw.start, raw.end);
}
