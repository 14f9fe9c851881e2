import { isSha256, sha256Text } from '../../crypto';
import type { PythonObject, PythonValue } from './python';
import { dumpsPython } from './python-write';

/** What is wrong with a block: a problem's code, and why in words that follow "Block 7: ". */
export interface Flaw {
  code: 'bad_block' | 'wrong_hash' | 'broken_link' | 'missing_genesis';
  message: string;
}

const ZERO = '0'.repeat(64);
/** `datetime.now().isoformat()`: local time without its zone. */
export const SEED_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?$/;
const WHOLE_SIGNATURE = /^[0-9a-f]{128}$/;

/** The seed's chain of blocks, one block at a time. Pure; its memory does not grow with the chain. */
export class SeedChain {
  count = 0;
  /** Of the last block, as it states it. */
  head: string | undefined;
  firstTime: string | null = null;
  lastTime: string | null = null;
  /** Signatures that were cut when they were logged, and the index of the first block with one. */
  truncated = 0;
  firstTruncated: number | undefined;
  wholeSignatures = 0;
  /** File name → what a STAGE_EXECUTED says is its hash; only of the files that were asked about. */
  readonly artifacts = new Map<string, string>();

  constructor(private readonly wanted: ReadonlySet<string> = new Set()) {}

  /** Takes in the next block. The next link is held against the hash that this one states, so one edit is one flaw. */
  add(value: PythonValue): Flaw[] {
    const index = this.count++;
    const previous = this.head;
    this.head = undefined;
    if (!isObject(value)) return [{ code: 'bad_block', message: 'it is not an object' }];
    const flaws: Flaw[] = [];
    const stated = value.get('hash');
    const found = hashWithout(value, 'hash');
    if (stated !== found) flaws.push({ code: 'wrong_hash', message: wrongHash(stated, found) });
    else if (!hasShape(value)) flaws.push({ code: 'bad_block', message: 'it does not have the fields of a block' });
    if (typeof stated === 'string' && isSha256(stated)) this.head = stated;
    const link = value.get('previous_hash');
    if (index === 0 && !isGenesis(value))
      flaws.push({ code: 'missing_genesis', message: 'it is not the genesis block: what came before it was cut off' });
    else if (previous !== undefined && link !== previous)
      flaws.push({ code: 'broken_link', message: 'its previous_hash is not the hash of the block before it' });
    this.#note(value, index);
    return flaws;
  }

  /** Counts a block that could not be read; nothing is known of the hash that the next one should link to. */
  skip(): void {
    this.count += 1;
    this.head = undefined;
  }

  #note(block: PythonObject, index: number): void {
    const time = block.get('timestamp');
    if (typeof time === 'string' && SEED_TIME.test(time)) {
      this.firstTime ??= time;
      this.lastTime = time;
    }
    const data = block.get('data');
    if (!isObject(data)) return;
    const signature = data.get('signature');
    if (typeof signature === 'string' && WHOLE_SIGNATURE.test(signature)) this.wholeSignatures += 1;
    else if (signature !== undefined) {
      this.truncated += 1;
      this.firstTruncated ??= index;
    }
    const path = data.get('artifact_path');
    const hash = data.get('artifact_hash');
    if (typeof path !== 'string' || typeof hash !== 'string') return;
    const name = baseName(path);
    if (this.wanted.has(name)) this.artifacts.set(name, hash);
  }
}

/** SHA-256 of Python's `json.dumps(object without key, sort_keys=True)`: how the seed hashes blocks and artifacts. */
export function hashWithout(object: PythonObject, key: string): string {
  const rest = new Map(object);
  rest.delete(key);
  return sha256Text(dumpsPython(rest));
}

export const isObject = (value: PythonValue | undefined): value is PythonObject => value instanceof Map;
export const isArray = (value: PythonValue | undefined): value is readonly PythonValue[] => Array.isArray(value);

/** The last segment of a path, whichever system wrote it. */
export const baseName = (path: string): string =>
  path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);

function hasShape(block: PythonObject): boolean {
  const texts = ['block_id', 'timestamp', 'event_type', 'previous_hash'];
  return texts.every((key) => typeof block.get(key) === 'string') && isObject(block.get('data'));
}

const isGenesis = (block: PythonObject): boolean =>
  block.get('block_id') === 'genesis' && block.get('event_type') === 'GENESIS' && block.get('previous_hash') === ZERO;

function wrongHash(stated: PythonValue | undefined, found: string): string {
  if (typeof stated === 'string' && isSha256(stated))
    return `it was changed after it was hashed: it states ${short(stated)}, but its content has ${short(found)}`;
  return 'it does not state a SHA-256 in hex';
}

const short = (hash: string): string => `${hash.slice(0, 16)}…`;
