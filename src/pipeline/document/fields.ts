import type { DocumentProblem } from '../types';
import type { At, Source } from './source';

/** Collects problems in the order of the document; readers answer a stand-in and go on, so that all are found at once. */
export class Problems {
  readonly list: DocumentProblem[] = [];
  add(at: At, message: string): void {
    this.list.push({ message, line: at.line, column: at.column });
  }
}

export interface NumberRule {
  integer?: boolean;
  min?: number;
  max?: number;
  /** Whether `min` and `max` themselves are outside. */
  open?: boolean;
  fallback?: number;
}

const KINDS = { map: 'a map of keys', list: 'a list', scalar: 'a single value' } as const;
function describe(value: Source): string {
  if (value.kind !== 'scalar') return KINDS[value.kind];
  if (value.value === null) return 'nothing';
  return typeof value.value === 'string' ? 'text' : `the ${typeof value.value} ${value.value}`;
}

/** Reads one map's keys by name and type. `finish` reports the keys that nobody asked for. */
export class Fields {
  private readonly known = new Set<string>();
  readonly at: At;

  constructor(
    private readonly source: Source,
    private readonly where: string,
    readonly problems: Problems,
  ) {
    this.at = source.at;
    if (source.kind !== 'map') problems.add(source.at, `${where} must be a map of keys, not ${describe(source)}`);
  }

  has = (key: string): boolean => this.find(key) !== undefined;

  /** The value of a key with its place, or undefined after reporting a missing one that is `required`. */
  raw(key: string, required = true): Source | undefined {
    this.known.add(key);
    const found = this.find(key);
    if (!found && required && this.source.kind === 'map') this.problems.add(this.at, `${this.where} lacks "${key}"`);
    return found;
  }

  /** Where a key's value stands; the map's own place when it is not there. */
  place = (key: string): At => this.find(key)?.at ?? this.at;

  string(key: string, options: { pattern?: RegExp; says?: string; fallback?: string; max?: number } = {}): string {
    const value = this.raw(key, options.fallback === undefined);
    return value ? this.text(value, key, options) : (options.fallback ?? '');
  }

  text(value: Source, key: string, options: { pattern?: RegExp; says?: string; max?: number } = {}): string {
    if (value.kind !== 'scalar' || typeof value.value !== 'string') {
      const hint = value.kind === 'scalar' && value.value !== null ? `: write "${String(value.value)}" in quotes` : '';
      this.problems.add(value.at, `"${key}" must be text, not ${describe(value)}${hint}`);
      return '';
    }
    const text = value.value;
    if (!text.isWellFormed()) this.problems.add(value.at, `"${key}" holds half of a surrogate pair`);
    else if (text.length > (options.max ?? 256))
      this.problems.add(value.at, `"${key}" is longer than ${options.max ?? 256} characters`);
    else if (options.pattern && !options.pattern.test(text)) {
      this.problems.add(
        value.at,
        `"${key}" must be ${options.says ?? String(options.pattern)}, not ${JSON.stringify(text)}`,
      );
    }
    return text;
  }

  oneOf<T extends string | boolean>(key: string, allowed: readonly T[], fallback?: T): T {
    const value = this.raw(key, fallback === undefined);
    if (!value) return fallback ?? allowed[0]!;
    const found = value.kind === 'scalar' ? allowed.find((a) => a === value.value) : undefined;
    if (found === undefined) {
      const got = value.kind === 'scalar' ? JSON.stringify(value.value) : describe(value);
      this.problems.add(value.at, `"${key}" must be ${allowed.join(' | ')}, not ${got}`);
    }
    return found ?? allowed[0]!;
  }

  number(key: string, rule: NumberRule): number {
    const value = this.raw(key, rule.fallback === undefined);
    if (!value) return rule.fallback ?? 0;
    const kind = rule.integer ? 'a whole number' : 'a number';
    if (
      value.kind !== 'scalar' ||
      typeof value.value !== 'number' ||
      (rule.integer && !Number.isSafeInteger(value.value))
    ) {
      this.problems.add(value.at, `"${key}" must be ${kind}, not ${describe(value)}`);
      return rule.fallback ?? 0;
    }
    const n = value.value;
    const { min = -Infinity, max = Infinity } = rule;
    if (rule.open ? n <= min || n >= max : n < min || n > max) {
      this.problems.add(value.at, `"${key}" must be ${bounds(rule)}, not ${n}`);
    }
    return n;
  }

  list(key: string, options: { min?: number; max: number; why?: string }): Source[] {
    const value = this.raw(key);
    if (!value) return [];
    const { min = 0, max, why = '' } = options;
    if (value.kind !== 'list') this.problems.add(value.at, `"${key}" must be a list, not ${describe(value)}`);
    else if (value.items.length > max) this.problems.add(value.at, `"${key}" has more than ${max} items`);
    else if (value.items.length < min) this.problems.add(value.at, `"${key}" needs at least ${min}${why}`);
    return value.kind === 'list' ? value.items.slice(0, max) : [];
  }

  strings(key: string, options: { min?: number; max: number }): { text: string; at: At }[] {
    return this.list(key, options).map((item) => ({ text: this.text(item, key), at: item.at }));
  }

  map(key: string, required = true): Fields | undefined {
    const value = this.raw(key, required);
    return value && new Fields(value, `"${key}"`, this.problems);
  }

  finish(): void {
    if (this.source.kind !== 'map') return;
    for (const { key, at } of this.source.entries) {
      if (this.known.has(key)) continue;
      this.problems.add(at, `unknown key "${key}" in ${this.where}; known are ${[...this.known].join(', ')}`);
    }
  }

  private find(key: string): Source | undefined {
    return this.source.kind === 'map' ? this.source.entries.find((e) => e.key === key)?.value : undefined;
  }
}

function bounds({ min, max, open }: NumberRule): string {
  const than = open ? 'more than' : 'at least';
  if (max === undefined) return `${than} ${min}`;
  return open ? `between ${min} and ${max}, both excluded` : `from ${min} to ${max}`;
}
