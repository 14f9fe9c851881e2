import { LIMITS } from '../../protocol/limits';
import type { DataPreparation } from '../types';
import { badDataset, csvRows, csvText, type Row } from './csv';

/** Validated rows: numbers, and labels as indices into `classes`. */
export interface Table {
  features: string[];
  /** Every label that occurs, sorted by UTF-16 code unit. */
  classes: string[];
  rows: number[][];
  labels: number[];
  /** Rows with a missing value, left out. */
  dropped: number;
}

/** Decimal, optionally with an exponent: what every spreadsheet and library writes, and nothing else that Number() takes. */
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?$/;

/**
 * A CSV file as the numbers that a trainer takes. The first record names the columns; other columns than the declared
 * ones are passed over.
 *
 * @throws PipelineError `bad_dataset` with line and column, where there is one: not UTF-8, too large, ragged, a column
 *   missing or named twice, a cell that is empty or not a finite number, no rows, fewer than two labels.
 */
export function readTable(bytes: Uint8Array, stage: Pick<DataPreparation, 'columns' | 'missing'>): Table {
  const rows = csvRows(csvText(bytes));
  const header = readHeader(rows);
  const pick = pickColumns(header, stage.columns);
  const used = [...pick.features, pick.label];
  const missing = new Set(stage.missing.tokens);
  const values: number[][] = [];
  const names: string[] = [];
  let dropped = 0;
  for (const row of rows) {
    if (row.cells.length !== header.cells.length) {
      badDataset(`${row.cells.length} fields where the header has ${header.cells.length}`, row.at[0]);
    }
    if (values.length + dropped === LIMITS.datasetRows) badDataset(`more than ${LIMITS.datasetRows} rows`, row.at[0]);
    const lacking = used.find((i) => missing.has(row.cells[i]!));
    if (lacking !== undefined && stage.missing.action === 'drop') {
      dropped++;
      continue;
    }
    if (lacking !== undefined) refuseMissing(header, row, lacking);
    values.push(pick.features.map((i) => readNumber(header, row, i)));
    names.push(readLabel(header, row, pick.label));
  }
  if (names.length === 0) badDataset(dropped > 0 ? `all ${dropped} rows lack a value` : 'the file has no rows');
  const classes = readClasses(names);
  const index = new Map(classes.map((name, i) => [name, i]));
  const labels = names.map((name) => index.get(name)!);
  return { features: pick.features.map((i) => header.cells[i]!), classes, rows: values, labels, dropped };
}

function readHeader(rows: Generator<Row>): Row {
  const first = rows.next();
  if (first.done) return badDataset('the file is empty');
  const seen = new Set<string>();
  first.value.cells.forEach((name, i) => {
    if (name === '') badDataset('a column without a name', first.value.at[i]);
    if (seen.has(name)) badDataset(`two columns are named "${name}"`, first.value.at[i]);
    seen.add(name);
  });
  return first.value;
}

function pickColumns(header: Row, columns: DataPreparation['columns']): { features: number[]; label: number } {
  const there = header.cells.map((c) => `"${c}"`).join(', ');
  if (!columns) {
    return badDataset(
      'the pipeline does not say which columns to use',
      undefined,
      `Declare columns.features and columns.label; the file has ${there}.`,
    );
  }
  const find = (name: string): number => {
    const i = header.cells.indexOf(name);
    return i >= 0 ? i : badDataset(`there is no column "${name}"`, header.at[0], `The file has ${there}.`);
  };
  return { features: columns.features.map(find), label: find(columns.label) };
}

function refuseMissing(header: Row, row: Row, i: number): never {
  const advice = 'Fill it in, or declare missing.action: drop.';
  return badDataset(`a missing value (${row.cells[i]}) in "${header.cells[i]}"`, row.at[i], advice);
}

function readNumber(header: Row, row: Row, i: number): number {
  const cell = row.cells[i]!;
  const name = header.cells[i];
  if (cell === '') badDataset(`an empty cell in "${name}"`, row.at[i]);
  const value = NUMBER.test(cell) ? Number(cell) : NaN;
  // Number('1e999') is Infinity: a finite text, but not a finite number.
  if (!Number.isFinite(value))
    badDataset(`${JSON.stringify(cell.slice(0, 40))} in "${name}" is not a finite number`, row.at[i]);
  return value;
}

function readLabel(header: Row, row: Row, i: number): string {
  const cell = row.cells[i]!;
  if (cell === '') badDataset(`an empty cell in "${header.cells[i]}"`, row.at[i]);
  if (cell.length > 128) badDataset(`a label longer than 128 characters`, row.at[i]);
  return cell;
}

function readClasses(names: readonly string[]): string[] {
  const classes = [...new Set(names)].sort();
  if (classes.length < 2) badDataset(`every row has the label "${classes[0]}"; telling classes apart needs two`);
  if (classes.length > LIMITS.datasetClasses) {
    badDataset(
      `${classes.length} different labels; at most ${LIMITS.datasetClasses} are told apart`,
      undefined,
      'Check that the label column is the right one.',
    );
  }
  return classes;
}
