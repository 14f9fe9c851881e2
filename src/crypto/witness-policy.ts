/**
 * Witness policies (c2sp.org/tlog-policy): which logs are meant, which witnesses are trusted, and how many of them must
 * have cosigned a checkpoint. Keys are Ed25519 only. The text is UTF-8; the format allows any bytes.
 */
import { SovereignError } from '../protocol/errors';
import { LIMITS } from '../protocol/limits';
import { formatCosignerVkey, parseCosignerVkey } from './cosignature';
import { hex, utf8 } from './encoding';
import { formatVkey, parseVkey } from './note';
import type { NoteKey } from './note';

/** Members are names of witnesses or of groups that stand before. */
interface Group {
  name: string;
  /** How many members must have cosigned, from 1 to all. */
  threshold: number;
  members: readonly string[];
}

/** What a policy says. */
export interface PolicyTerms {
  logs: readonly NoteKey[];
  /** By the name that the policy gives it, which need not be the key's. */
  witnesses: ReadonlyMap<string, NoteKey>;
  groups: readonly Group[];
  /** Name of a witness or a group, or `none`. */
  quorum: string;
  /** Where to reach a witness, by its name, where the policy says. */
  urls: ReadonlyMap<string, string>;
}

export interface WitnessPolicy extends PolicyTerms {
  /** Whether these witnesses (by name) are enough. */
  satisfied(names: ReadonlySet<string>): boolean;
}

export class WitnessPolicyError extends SovereignError<'bad_witness_policy'> {
  override readonly name = 'WitnessPolicyError';
}

const NONE = 'none';

/**
 * Reads a policy.
 *
 * @throws WitnessPolicyError `bad_witness_policy`, with `details.line` from 1.
 */
export function parseWitnessPolicy(text: string): WitnessPolicy {
  if (utf8(text).length > LIMITS.witnessPolicyBytes) throw flaw(1, 'it is too long');
  if (!text.endsWith('\n')) throw flaw(text.split('\n').length, 'the last line has no end');
  const reader = new PolicyReader();
  text
    .slice(0, -1)
    .split('\n')
    .forEach((line, i) => reader.read(line, i + 1));
  return withQuorum(reader.done());
}

/** Writes a policy; `parseWitnessPolicy` reads it back the same. */
export function formatWitnessPolicy({ logs, witnesses, groups, quorum, urls }: PolicyTerms): string {
  const url = (name: string): string => (urls.has(name) ? ` ${urls.get(name)!}` : '');
  return [
    ...logs.map((key) => `log ${formatVkey(key)}`),
    ...[...witnesses].map(([name, key]) => `witness ${name} ${formatCosignerVkey(key)}${url(name)}`),
    ...groups.map(({ name, threshold, members }) => `group ${name} ${threshold} ${members.join(' ')}`),
    `quorum ${quorum}`,
    '',
  ].join('\n');
}

/** Any `threshold` of `witnesses`; none of them asked for when it is 0. */
export function thresholdPolicy(
  logs: readonly NoteKey[],
  witnesses: ReadonlyMap<string, NoteKey>,
  threshold: number,
): WitnessPolicy {
  const members = [...witnesses.keys()];
  const terms = { logs, witnesses, urls: new Map<string, string>() };
  if (threshold === 0) return withQuorum({ ...terms, groups: [], quorum: NONE });
  let name = 'witnesses';
  while (witnesses.has(name)) name += '-group';
  return withQuorum({ ...terms, groups: [{ name, threshold, members }], quorum: name });
}

function withQuorum(terms: PolicyTerms): WitnessPolicy {
  const satisfied = (names: ReadonlySet<string>): boolean => {
    const witnessed = new Set([NONE, ...[...terms.witnesses.keys()].filter((name) => names.has(name))]);
    // Groups name only what stands before them, so one pass decides them all.
    for (const { name, threshold, members } of terms.groups) {
      if (members.filter((member) => witnessed.has(member)).length >= threshold) witnessed.add(name);
    }
    return witnessed.has(terms.quorum);
  };
  return { ...terms, satisfied };
}

class PolicyReader {
  readonly #logs: NoteKey[] = [];
  readonly #witnesses = new Map<string, NoteKey>();
  readonly #urls = new Map<string, string>();
  readonly #groups: Group[] = [];
  readonly #names = new Set<string>();
  readonly #members = new Set<string>();
  readonly #keys = { log: new Set<string>(), witness: new Set<string>() };
  #quorum: string | undefined;
  #line = 0;

  read(text: string, line: number): void {
    this.#line = line;
    // eslint's no-control-regex would refuse the same as an expression.
    if ([...text].some((c) => (c < ' ' && c !== '\t') || c === '\u007f'))
      throw this.#flaw('it holds a control character');
    const [keyword, ...items] = text.split(/[ \t]+/).filter((item) => item !== '');
    if (keyword === undefined || keyword.startsWith('#')) return;
    if (keyword === 'log') this.#log(items);
    else if (keyword === 'witness') this.#witness(items);
    else if (keyword === 'group') this.#group(items);
    else if (keyword === 'quorum') this.#setQuorum(items);
    else throw this.#flaw('it begins with none of: log, witness, group, quorum');
  }

  done(): PolicyTerms {
    if (this.#quorum === undefined) throw this.#flaw('there is no quorum line');
    const [logs, witnesses, urls, groups] = [this.#logs, this.#witnesses, this.#urls, this.#groups];
    return { logs, witnesses, urls, groups, quorum: this.#quorum };
  }

  #log(items: readonly string[]): void {
    const key = items.length === 1 || items.length === 2 ? parseVkey(items[0]!) : undefined;
    if (!key) throw this.#flaw('a log line is: log <vkey> [<url>]');
    this.#logs.push(this.#once('log', key));
  }

  #witness([name, vkey, url, ...more]: readonly string[]): void {
    const key = vkey !== undefined && more.length === 0 ? parseCosignerVkey(vkey) : undefined;
    if (!key) throw this.#flaw('a witness line is: witness <name> <vkey> [<url>], the key of type cosignature/v1');
    this.#witnesses.set(this.#define(name!), this.#once('witness', key));
    if (url !== undefined) this.#urls.set(name!, url);
  }

  #group([name, threshold, ...members]: readonly string[]): void {
    const count = members.length;
    const wanted = threshold === 'any' ? 1 : threshold === 'all' ? count : decimal(threshold);
    if (count === 0 || !(wanted >= 1 && wanted <= count)) {
      throw this.#flaw('a group line is: group <name> <all, any or 1 to the number of members> <member>...');
    }
    for (const member of members) {
      if (!this.#names.has(member)) throw this.#flaw(`${member} is not defined before this line`);
      if (this.#members.has(member)) throw this.#flaw(`${member} is a member twice`);
      this.#members.add(member);
    }
    this.#groups.push({ name: this.#define(name!), threshold: wanted, members });
  }

  #setQuorum([name, ...more]: readonly string[]): void {
    if (name === undefined || more.length > 0) throw this.#flaw('a quorum line is: quorum <name>');
    if (this.#quorum !== undefined) throw this.#flaw('there is a quorum line already');
    if (name !== NONE && !this.#names.has(name)) throw this.#flaw(`${name} is not defined before this line`);
    this.#quorum = name;
  }

  #define(name: string): string {
    if (name === NONE || this.#names.has(name)) throw this.#flaw(`the name ${name} is taken`);
    this.#names.add(name);
    return name;
  }

  /** One key under two names would count twice. */
  #once(kind: 'log' | 'witness', key: NoteKey): NoteKey {
    const id = hex(key.publicKey);
    if (this.#keys[kind].has(id)) throw this.#flaw(`this key is there as a ${kind} already`);
    this.#keys[kind].add(id);
    return key;
  }

  #flaw(why: string): WitnessPolicyError {
    return flaw(this.#line, why);
  }
}

const decimal = (text: string | undefined): number => (/^[1-9][0-9]{0,8}$/.test(text ?? '') ? Number(text) : NaN);

const flaw = (line: number, why: string): WitnessPolicyError =>
  new WitnessPolicyError('bad_witness_policy', `line ${line} of the witness policy: ${why}`, {
    advice: 'The format is described at c2sp.org/tlog-policy.',
    details: { line },
  });
