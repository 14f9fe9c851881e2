import { LIMITS } from '../../protocol/limits';
import { PipelineError } from '../types';

/** One record, with the place of each field: a quoted field may hold line breaks, so a record's lines are not its index. */
export interface Row {
  /** Line of its first field, from 1. */
  line: number;
  cells: string[];
  /** Where each cell starts: line and character in it, from 1. */
  at: { line: number; column: number }[];
}

/** @throws PipelineError `bad_dataset`, always. */
export function badDataset(message: string, at?: { line: number; column: number }, advice?: string): never {
  const where = at ? `Line ${at.line}, column ${at.column}: ` : '';
  throw new PipelineError('bad_dataset', `${where}${message}.`, {
    advice: advice ?? 'Correct the file, or pick another one.',
    details: at ? { line: at.line, column: at.column } : {},
  });
}

/**
 * The text of a CSV file.
 * @throws PipelineError `bad_dataset` when it is larger than `LIMITS.datasetBytes` (seen before anything is read),
 *   or is not UTF-8. A byte order mark at its start is dropped.
 */
export function csvText(bytes: Uint8Array): string {
  if (bytes.length > LIMITS.datasetBytes) {
    const limit = LIMITS.datasetBytes / 1024 / 1024;
    badDataset(
      `the file has ${bytes.length} bytes; at most ${limit} MiB are read`,
      undefined,
      'Take a sample of its rows.',
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return badDataset('the file is not UTF-8', undefined, 'Save it as UTF-8.');
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const LF = 0x0a;
const CR = 0x0d;

/**
 * Records of a CSV text by RFC 4180, with LF or CRLF line ends and an optional last one. Strict where the RFC is: a
 * quote inside an unquoted field, text after a closing quote and a lone CR are errors; blanks belong to their field.
 *
 * @throws PipelineError `bad_dataset` with line and column.
 */
export function* csvRows(text: string): Generator<Row> {
  const reader = new Reader(text);
  while (!reader.done) yield reader.row();
}

class Reader {
  private i = 0;
  private line = 1;
  /** Offset at which the present line starts. */
  private lineStart = 0;
  constructor(private readonly text: string) {}

  get done(): boolean {
    return this.i >= this.text.length;
  }

  private here = () => ({ line: this.line, column: this.i - this.lineStart + 1 });

  row(): Row {
    const row: Row = { line: this.line, cells: [], at: [] };
    for (;;) {
      if (row.cells.length === LIMITS.datasetColumns)
        badDataset(`more than ${LIMITS.datasetColumns} columns`, this.here());
      row.at.push(this.here());
      row.cells.push(this.text.charCodeAt(this.i) === QUOTE ? this.quoted() : this.plain());
      if (this.text.charCodeAt(this.i) !== COMMA) break;
      this.i++;
    }
    this.lineEnd();
    return row;
  }

  private plain(): string {
    const start = this.i;
    for (; !this.done; this.i++) {
      const c = this.text.charCodeAt(this.i);
      if (c === COMMA || c === LF || c === CR) break;
      if (c === QUOTE) badDataset('a quote inside a field that does not start with one', this.here());
    }
    return this.text.slice(start, this.i);
  }

  private quoted(): string {
    const open = this.here();
    let out = '';
    for (this.i++; ;) {
      const end = this.text.indexOf('"', this.i);
      if (end < 0) badDataset('a quoted field is not closed', open);
      out += this.text.slice(this.i, end);
      this.countLines(this.i, end);
      this.i = end + 1;
      if (this.text.charCodeAt(this.i) !== QUOTE) break;
      out += '"';
      this.i++;
    }
    const next = this.text.charCodeAt(this.i);
    if (!this.done && next !== COMMA && next !== LF && next !== CR)
      badDataset('text after a closing quote', this.here());
    return out;
  }

  private countLines(from: number, to: number): void {
    for (let at = this.text.indexOf('\n', from); at >= 0 && at < to; at = this.text.indexOf('\n', at + 1)) {
      this.line++;
      this.lineStart = at + 1;
    }
  }

  private lineEnd(): void {
    if (this.done) return;
    if (this.text.charCodeAt(this.i) === CR) {
      if (this.text.charCodeAt(this.i + 1) !== LF) badDataset('a carriage return without a line feed', this.here());
      this.i++;
    }
    this.i++;
    this.line++;
    this.lineStart = this.i;
  }
}
