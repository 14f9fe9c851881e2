/** What was said for each option, before it is understood: by the command line, the environment, a file, or nobody. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Node } from 'yaml';
import { RelayError } from '../errors';

/** One value with where it stands, as the operator can find it: `--port`, `SOVEREIGN_RELAY_PORT`, `relay.yaml:3: port`. */
export interface Given {
  text: string;
  source: string;
}

/** `list`: may have several values. `flag`: is there or not. `path`: a file or directory. */
export type Kind = 'one' | 'list' | 'flag' | 'path' | 'paths';
export type Kinds = Readonly<Record<string, Kind>>;
export type Sources = ReadonlyMap<string, readonly Given[]>;

const PREFIX = 'SOVEREIGN_RELAY_';
/** A configuration has a few dozen lines. */
const FILE_BYTES = 64 * 1024;

/** The command line goes before the environment, and that before the file. @throws RelayError `bad_option` */
export function readGiven(
  kinds: Kinds,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Sources {
  const said = new Map([...fromEnvironment(kinds, env), ...fromArguments(kinds, args)]);
  const file = said.get('config')?.[0];
  return file ? new Map([...fromFile(kinds, file), ...said]) : said;
}

function fromArguments(kinds: Kinds, args: readonly string[]): Map<string, Given[]> {
  const options = Object.entries(kinds).map(([name, kind]) => {
    const type = kind === 'flag' ? ('boolean' as const) : ('string' as const);
    return [name, { type, multiple: kind === 'list' || kind === 'paths' }] as const;
  });
  const values = parsed(() => parseArgs({ args: [...args], options: Object.fromEntries(options) }).values);
  return new Map(
    Object.entries(values).map(([name, value]) => {
      const texts = Array.isArray(value) ? value.map(String) : [String(value)];
      return [name, texts.map((text) => ({ text, source: `--${name}` }))];
    }),
  );
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw refused((cause as Error).message, 'See --help for the options.', cause);
  }
}

function fromEnvironment(
  kinds: Kinds,
  env: Readonly<Record<string, string | undefined>>,
): Map<string, readonly Given[]> {
  const given = new Map<string, readonly Given[]>();
  for (const [source, text] of Object.entries(env)) {
    // Empty is how a container's file says "not set".
    if (!source.startsWith(PREFIX) || text === undefined || text === '') continue;
    const name = source.slice(PREFIX.length).toLowerCase().replaceAll('_', '-');
    const kind = kinds[name];
    if (!kind) throw refused(`${source} is no option of the relay`, 'See --help for the options.');
    const texts = kind === 'list' || kind === 'paths' ? text.split(',').map((one) => one.trim()) : [text];
    given.set(
      name,
      texts.filter((one) => one !== '').map((one) => ({ text: one, source })),
    );
  }
  return given;
}

/** JSON is YAML too. */
function fromFile(kinds: Kinds, { text: path, source: from }: Given): Map<string, readonly Given[]> {
  const counter = new LineCounter();
  const document = parseDocument(readText(path, from), { lineCounter: counter, prettyErrors: false });
  const at = (offset: number): string => `${path}:${String(Math.max(1, counter.linePos(offset).line))}`;
  const [flaw] = [...document.errors, ...document.warnings];
  if (flaw) throw refused(`${at(flaw.pos[0])}: ${flaw.message}`, 'The file must be YAML or JSON.', flaw);
  const root = document.contents as Node | null;
  if (root === null) return new Map();
  if (!isMap(root)) throw refused(`${at(0)}: this is no list of options`, 'Write one option a line, e.g. port: 8787');
  const given = new Map<string, readonly Given[]>();
  for (const { key, value } of root.items) {
    const name = isScalar(key) ? String(key.value) : '';
    const source = `${at((key as Node).range![0])}: ${name}`;
    const kind = kinds[name];
    if (!kind || name === 'config') throw refused(`${source} is no option of a file`, 'See --help for the options.');
    const several = isSeq(value) && (kind === 'list' || kind === 'paths');
    const texts = (several ? value.items : [value]).map((one) => textOf(one as Node | null, source));
    const isPath = kind === 'path' || kind === 'paths';
    given.set(
      name,
      texts.map((text) => ({ text: isPath ? resolve(dirname(path), text) : text, source })),
    );
  }
  return given;
}

/** As it was written: `08787` and `1e3` are no numbers of ours, whatever YAML makes of them. */
function textOf(node: Node | null, source: string): string {
  if (isScalar(node)) {
    if (typeof node.value === 'string') return node.value;
    if (node.value !== null && node.source !== undefined) return node.source;
  }
  throw refused(
    `${source} has no plain value`,
    'Give a text, a number or true; several as a list where --help says so.',
  );
}

function readText(path: string, from: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    const { code = 'error' } = cause as NodeJS.ErrnoException;
    throw refused(`${from} ${path} cannot be read (${code})`, 'Name a file that the relay’s user may read.', cause);
  }
  if (bytes.length > FILE_BYTES) throw refused(`${from} ${path} is larger than 64 KiB`, 'Name a file of options.');
  return bytes.toString('utf8');
}

const refused = (message: string, advice: string, cause?: unknown): RelayError =>
  new RelayError('bad_option', message, { advice, cause });
