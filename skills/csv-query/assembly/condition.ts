import { Slice } from '../../lib/slice';
import { bytesOf, Cell, cellOf, compareCells, FLAG, kindOf, MISSING, NUMBER, TEXT } from './cell';
import { Lexer, Token } from './lexer';
import { readColumn } from './query';
import { Table } from './table';

const MAX_DEPTH = 64;

const enum Test {
  Or,
  And,
  Not,
  Missing,
  Equal,
  Unequal,
  Below,
  AtMost,
  Above,
  AtLeast,
  Contains,
}

/** A column's cell of the row, or a literal. */
class Operand {
  column: i32 = -1;
  cell: Cell = MISSING;

  of(table: Table, row: i32): Cell {
    return this.column < 0 ? this.cell : table.cell(row, this.column);
  }
}

export class Condition {
  left: Condition | null = null;
  right: Condition | null = null;
  first: Operand = new Operand();
  second: Operand = new Operand();

  constructor(public test: Test) {}

  holds(table: Table, row: i32): bool {
    if (this.test == Test.Or) return this.left!.holds(table, row) || this.right!.holds(table, row);
    if (this.test == Test.And) return this.left!.holds(table, row) && this.right!.holds(table, row);
    if (this.test == Test.Not) return !this.left!.holds(table, row);
    const first = this.first.of(table, row);
    if (this.test == Test.Missing) return kindOf(first) == MISSING;
    return holdsBetween(this.test, first, this.second.of(table, row));
  }
}

/** Nothing holds of what is missing. Order is only between two numbers or two texts; equality also by what is written. */
function holdsBetween(test: Test, a: Cell, b: Cell): bool {
  if (kindOf(a) == MISSING || kindOf(b) == MISSING) return false;
  if (test == Test.Contains) return contains(bytesOf(a), bytesOf(b));
  const order = compareCells(a, b);
  if (test == Test.Equal) return order == 0;
  if (test == Test.Unequal) return order != 0;
  if (kindOf(a) != kindOf(b)) return false;
  if (test == Test.Below) return order < 0;
  if (test == Test.AtMost) return order <= 0;
  return test == Test.Above ? order > 0 : order >= 0;
}

function contains(text: Slice, part: Slice): bool {
  for (let at = text.start; at + part.length <= text.end; at++) {
    let i: usize = 0;
    while (i < part.length && load<u8>(at + i) == load<u8>(part.start + i)) i++;
    if (i == part.length) return true;
  }
  return false;
}

/** and {or and} */
export function readCondition(lexer: Lexer, table: Table, depth: i32): Condition {
  let condition = readAnd(lexer, table, depth);
  while (lexer.take('or')) condition = join(Test.Or, condition, readAnd(lexer, table, depth));
  return condition;
}

function readAnd(lexer: Lexer, table: Table, depth: i32): Condition {
  let condition = readTest(lexer, table, depth);
  while (lexer.take('and')) condition = join(Test.And, condition, readTest(lexer, table, depth));
  return condition;
}

function join(test: Test, left: Condition, right: Condition | null): Condition {
  const condition = new Condition(test);
  condition.left = left;
  condition.right = right;
  return condition;
}

function readTest(lexer: Lexer, table: Table, depth: i32): Condition {
  if (depth > MAX_DEPTH) lexer.fail('too many brackets and "not"');
  if (lexer.take('not')) return join(Test.Not, readTest(lexer, table, depth + 1), null);
  if (lexer.sign('(')) {
    const inner = readCondition(lexer, table, depth + 1);
    lexer.expect(lexer.sign(')'), 'expected ")"');
    return inner;
  }
  const condition = new Condition(Test.Equal);
  condition.first = readOperand(lexer, table);
  if (lexer.take('is')) {
    condition.test = Test.Missing;
    const isNot = lexer.take('not');
    lexer.expect(lexer.take('missing'), 'expected "missing"');
    return isNot ? join(Test.Not, condition, null) : condition;
  }
  condition.test = readComparison(lexer);
  condition.second = readOperand(lexer, table);
  return condition;
}

function readComparison(lexer: Lexer): Test {
  if (lexer.sign('=')) return Test.Equal;
  if (lexer.sign('!=')) return Test.Unequal;
  if (lexer.sign('<')) return Test.Below;
  if (lexer.sign('<=')) return Test.AtMost;
  if (lexer.sign('>')) return Test.Above;
  if (lexer.sign('>=')) return Test.AtLeast;
  lexer.expect(lexer.take('contains'), 'expected a comparison');
  return Test.Contains;
}

function readOperand(lexer: Lexer, table: Table): Operand {
  const operand = new Operand();
  const token = lexer.token;
  if (lexer.kind == Token.Text) operand.cell = cellOf(TEXT, token.start, token.end);
  else if (lexer.kind == Token.Number) operand.cell = cellOf(NUMBER, token.start, token.end);
  else if (lexer.is('true') || lexer.is('false')) operand.cell = cellOf(FLAG, token.start, token.end);
  else {
    operand.column = readColumn(lexer, table);
    return operand;
  }
  lexer.next();
  return operand;
}
