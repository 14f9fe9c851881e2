import { CST, isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, parseDocument } from 'yaml';
import type { Node } from 'yaml';
import { utf8 } from '../../crypto';
import { LIMITS } from '../../protocol/limits';
import type { DocumentProblem } from '../types';

/** A place in the document, both from 1. */
export interface At {
  line: number;
  column: number;
}
export type Source =
  | { kind: 'map'; at: At; entries: { key: string; at: At; value: Source }[] }
  | { kind: 'list'; at: At; items: Source[] }
  | { kind: 'scalar'; at: At; value: string | number | boolean | null };

const problem = (at: At, message: string): DocumentProblem => ({ message, line: at.line, column: at.column });
const START: At = { line: 1, column: 1 };

/**
 * YAML 1.2 core, without anchors, aliases, tags, merge keys or further documents, as a plain tree in which every value
 * knows its place. Never throws; a document with problems has no tree.
 */
export function readSource(text: string): { root: Source } | { problems: DocumentProblem[] } {
  const tooBig = outsideLimits(text);
  if (tooBig) return { problems: [tooBig] };
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: false });
  const at = (offset: number): At => {
    const { line, col } = counter.linePos(offset);
    return line === 0 ? START : { line, column: col };
  };
  const flaws = [...document.errors, ...document.warnings].map((e) => problem(at(e.pos[0]), plain(e.code, e.message)));
  if (flaws.length > 0) return { problems: flaws };
  if (document.contents === null) return { problems: [problem(START, 'the document is empty')] };
  const reader = new TreeReader(at);
  const root = reader.read(document.contents, START);
  return reader.problems.length > 0 ? { problems: reader.problems } : { root };
}

function plain(code: string, message: string): string {
  return code === 'MULTIPLE_DOCS' ? 'only one document is allowed, without a further `---`' : message;
}

/** Checked on the text, because the YAML library composes recursively and in quadratic time. */
function outsideLimits(text: string): DocumentProblem | undefined {
  if (text.length > LIMITS.pipelineBytes || utf8(text).length > LIMITS.pipelineBytes) {
    return problem(START, `the document is larger than ${LIMITS.pipelineBytes / 1024} KiB`);
  }
  const lines = text.split('\n');
  if (lines.length > LIMITS.pipelineLines) {
    return problem({ line: LIMITS.pipelineLines + 1, column: 1 }, `more than ${LIMITS.pipelineLines} lines`);
  }
  const long = lines.findIndex((line) => line.length > LIMITS.pipelineLineChars);
  if (long >= 0) {
    const column = LIMITS.pipelineLineChars + 1;
    return problem({ line: long + 1, column }, `a line longer than ${LIMITS.pipelineLineChars} characters`);
  }
  const deep = tooDeep(text);
  return deep === undefined ? undefined : problem(deep, `brackets nested deeper than ${LIMITS.pipelineDepth}`);
}

/** What the lexer puts between tokens, and is not in the text. */
const MARKERS: ReadonlySet<string> = new Set([CST.DOCUMENT, CST.FLOW_END, CST.SCALAR]);

function tooDeep(text: string): At | undefined {
  let depth = 0;
  let offset = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') depth++;
    else if (token === ']' || token === '}') depth--;
    if (depth > LIMITS.pipelineDepth) {
      const before = text.slice(0, offset).split('\n');
      return { line: before.length, column: before.at(-1)!.length + 1 };
    }
    if (!MARKERS.has(token)) offset += token.length;
  }
  return undefined;
}

class TreeReader {
  readonly problems: DocumentProblem[] = [];
  constructor(private readonly place: (offset: number) => At) {}

  private fail(at: At, message: string): Source {
    this.problems.push(problem(at, message));
    return { kind: 'scalar', at, value: null };
  }

  read(node: Node | null, fallback: At): Source {
    if (node === null) return { kind: 'scalar', at: fallback, value: null };
    const at = node.range ? this.place(node.range[0]) : fallback;
    if (isAlias(node)) return this.fail(at, `aliases such as *${node.source} are not allowed: write the value out`);
    if ('anchor' in node && node.anchor) return this.fail(at, 'anchors are not allowed');
    if (node.tag !== undefined) return this.fail(at, `tags such as ${node.tag} are not allowed`);
    if (isMap<Node, Node | null>(node)) return this.map(node.items, at);
    if (isSeq<Node>(node)) return { kind: 'list', at, items: node.items.map((item) => this.read(item, at)) };
    if (isScalar(node)) return this.scalar(node.value, at);
    return this.fail(at, 'not a value');
  }

  private map(items: readonly { key: Node; value: Node | null }[], at: At): Source {
    const entries: { key: string; at: At; value: Source }[] = [];
    const seen = new Set<string>();
    for (const item of items) {
      const key = this.read(item.key, at);
      if (key.kind !== 'scalar' || typeof key.value !== 'string') {
        this.fail(key.at, 'a key must be plain text');
        continue;
      }
      if (seen.has(key.value)) this.fail(key.at, `the key "${key.value}" stands here twice`);
      seen.add(key.value);
      entries.push({ key: key.value, at: key.at, value: this.read(item.value, key.at) });
    }
    return { kind: 'map', at, entries };
  }

  private scalar(value: unknown, at: At): Source {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return { kind: 'scalar', at, value };
    if (typeof value === 'number' && Number.isFinite(value)) return { kind: 'scalar', at, value };
    return this.fail(at, 'this is not a number that JSON can carry');
  }
}
