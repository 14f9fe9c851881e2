/** Which logs a witness serves, and by which keys they sign. */
import { formatVkey, isSafePublicKey, parseVkey } from '../crypto';
import type { NoteKey } from '../crypto';
import { LIMITS } from '../protocol/limits';
import { WitnessError } from './types';
import type { WitnessStore } from './types';

const PREFIX = 'log/';

export class LogBook {
  readonly #keys = new Map<string, NoteKey[]>();
  readonly #listed: ReadonlySet<string>;
  readonly #store: WitnessStore;
  #open = 0;

  /** `listed` are the configured ones; those that registered come out of the store. */
  constructor(listed: readonly NoteKey[], store: WitnessStore) {
    this.#listed = new Set(listed.map((key) => key.name));
    this.#store = store;
    for (const key of listed) this.#take(key);
    for (const stored of store.keys(PREFIX)) {
      const key = parseVkey(stored.slice(PREFIX.length));
      if (!key) throw new WitnessError('state_broken', 'a stored log key is none');
      if (!this.#has(key)) this.#take(key);
    }
  }

  keysOf(origin: string): readonly NoteKey[] {
    return this.#keys.get(origin) ?? [];
  }

  isListed(origin: string): boolean {
    return this.#listed.has(origin);
  }

  /**
   * Takes in a log's key, durably. `full`: no more logs, of all or of this node, or no more keys of this log; nothing was
   * changed.
   */
  async register(key: NoteKey, perNode = Infinity): Promise<'known' | 'added' | 'full'> {
    if (this.#has(key)) return 'known';
    const isNew = !this.#keys.has(key.name);
    const isFull = isNew
      ? this.#open >= LIMITS.witnessOpenLogs || this.#besides(key.name) >= perNode
      : this.keysOf(key.name).length >= LIMITS.witnessKeysPerLog;
    if (isFull) return 'full';
    this.#take(key);
    await this.#store.put(new Map([[PREFIX + formatVkey(key), '']]));
    return 'added';
  }

  /** Logs of the node that this origin is of. */
  #besides(origin: string): number {
    const node = origin.slice(0, origin.lastIndexOf('/') + 1);
    return [...this.#keys.keys()].filter((other) => other.startsWith(node)).length;
  }

  #has(key: NoteKey): boolean {
    const vkey = formatVkey(key);
    return this.keysOf(key.name).some((known) => formatVkey(known) === vkey);
  }

  #take(key: NoteKey): void {
    const keys = this.#keys.get(key.name);
    if (keys) keys.push(key);
    else {
      this.#keys.set(key.name, [key]);
      if (!this.isListed(key.name)) this.#open++;
    }
  }
}

/**
 * Reads a list of logs: a vkey a line; empty lines and lines that begin with `#` do not count.
 *
 * @throws WitnessError `bad_log`, naming the line.
 */
export function readLogList(text: string): NoteKey[] {
  return text.split('\n').flatMap((line, i) => {
    const entry = line.trim();
    if (entry === '' || entry.startsWith('#')) return [];
    const key = parseVkey(entry);
    if (key && isSafePublicKey(key.publicKey)) return [key];
    throw new WitnessError('bad_log', `line ${i + 1} of the list of logs is not the vkey of an Ed25519 log key`, {
      advice: 'One vkey a line, as in c2sp.org/signed-note: name+hash+base64.',
      details: { line: i + 1 },
    });
  });
}
