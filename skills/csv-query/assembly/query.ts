import { parseNumber } from '../../lib/parse-number';
import { Slice } from '../../lib/slice';
import { Condition, readCondition } from './condition';
import { Lexer, Token } from './lexer';
import { Table } from './table';

export const enum Figure {
  None,
  Count,
  Sum,
  Min,
  Max,
  Mean,
}

/** What stands in a column of the answer: a column's cells, or a figure of them (column -1: of the rows). */
export class Item {
  constructor(
    public figure: Figure,
    public column: i32,
    public name: Slice,
  ) {}
}

export class Order {
  constructor(
    public name: Slice,
    public descending: bool,
  ) {}
}

export class Query {
  items: Item[] = [];
  condition: Condition | null = null;
  groups: i32[] = [];
  orders: Order[] = [];
  limit: i32 = i32.MAX_VALUE;
  offset: i32 = 0;

  /** Whether its rows are groups of the table's. */
  get isGrouped(): bool {
    for (let i = 0; i < this.items.length; i++) if (this.items[i].figure != Figure.None) return true;
    return this.groups.length > 0;
  }
}

/** [select …] [where …] [group by …] [order by …] [limit n [offset n]]; the lexer's scanner tells what is wrong. */
export function readQuery(lexer: Lexer, table: Table): Query {
  const query = new Query();
  if (lexer.take('select') && !lexer.sign('*')) {
    do query.items.push(readItem(lexer, table));
    while (lexer.sign(','));
  }
  if (lexer.take('where')) query.condition = readCondition(lexer, table, 0);
  if (lexer.take('group')) {
    lexer.expect(lexer.take('by'), 'expected "by"');
    do query.groups.push(readColumn(lexer, table));
    while (lexer.sign(','));
  }
  if (lexer.take('order')) {
    lexer.expect(lexer.take('by'), 'expected "by"');
    do query.orders.push(readOrder(lexer));
    while (lexer.sign(','));
  }
  if (lexer.take('limit')) query.limit = readCount(lexer);
  if (lexer.take('offset')) query.offset = readCount(lexer);
  lexer.expect(lexer.kind == Token.End, 'expected the end');
  if (query.items.length == 0) addAll(query, table);
  return query;
}

/** `*`: all columns, or those that are grouped by. */
function addAll(query: Query, table: Table): void {
  const grouped = query.groups.length > 0;
  const count = grouped ? query.groups.length : table.names.length;
  for (let i = 0; i < count; i++) {
    const column = grouped ? query.groups[i] : i;
    query.items.push(new Item(Figure.None, column, table.names[column]));
  }
}

function readItem(lexer: Lexer, table: Table): Item {
  const start = lexer.token.start;
  const figure = lexer.opensBracket() ? readFigure(lexer) : Figure.None;
  let column = -1;
  let name = lexer.token;
  if (figure == Figure.None) column = readColumn(lexer, table);
  else {
    if (figure != Figure.Count || !lexer.sign('*')) column = readColumn(lexer, table);
    name = new Slice(start, lexer.token.start + 1);
    lexer.expect(lexer.sign(')'), 'expected ")"');
  }
  if (lexer.take('as')) name = readName(lexer);
  return new Item(figure, column, name);
}

function readFigure(lexer: Lexer): Figure {
  let figure = Figure.None;
  if (lexer.is('count')) figure = Figure.Count;
  else if (lexer.is('sum')) figure = Figure.Sum;
  else if (lexer.is('min')) figure = Figure.Min;
  else if (lexer.is('max')) figure = Figure.Max;
  else if (lexer.is('mean')) figure = Figure.Mean;
  else lexer.fail('no such figure');
  lexer.next();
  lexer.next(); // The bracket.
  return figure;
}

/** A name, in double quotes where it is no plain word. */
function readName(lexer: Lexer): Slice {
  const name = lexer.token;
  lexer.expect(lexer.kind == Token.Word || lexer.kind == Token.Name, 'expected a name');
  lexer.next();
  return name;
}

export function readColumn(lexer: Lexer, table: Table): i32 {
  const isName = lexer.kind == Token.Word || lexer.kind == Token.Name;
  const column = isName ? table.find(lexer.token) : -1;
  lexer.expect(column >= 0, 'expected a column');
  lexer.next();
  return max(column, 0);
}

function readOrder(lexer: Lexer): Order {
  const name = readName(lexer);
  const descending = lexer.take('desc');
  if (!descending) lexer.take('asc');
  return new Order(name, descending);
}

function readCount(lexer: Lexer): i32 {
  const token = lexer.token;
  const value = lexer.kind == Token.Number ? parseNumber(token.start, token.end) : -1;
  lexer.expect(value == floor(value) && value >= 0 && value < 2147483648, 'expected a whole number');
  lexer.next();
  return value as i32;
}
