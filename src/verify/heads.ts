import {
  equalBytes,
  formatAddCheckpoint,
  fromHex,
  hex,
  noteKey,
  parseCheckpoint,
  parseNote,
  parseWitnessPolicy,
  verifyNote,
  WitnessPolicyError,
  type CheckpointBody,
  type Note,
  type NoteKey,
  type WitnessPolicy,
} from '../crypto';
import { BUNDLE, timestampFile } from '../protocol/bundle';
import { LIMITS } from '../protocol/limits';
import type { Derived } from './derived';
import type { Findings } from './findings';
import type { LogPass } from './log';
import { asText, type Loaded } from './manifest';
import type { LogState } from './rules';
import { VerifyError, type VerifyOptions } from './types';
import { cosignedBy, quorumTime, readPinnedPolicy } from './witnesses';

/** A tree head that somebody signed. */
export interface Head {
  where: string;
  note: Note;
  body: CheckpointBody;
}

/**
 * The signed heads: the bundle's own, its older one, and the one that was kept outside. They are read before the log is,
 * because only while it is read its times are known, and judged after it.
 */
export class Heads {
  readonly #current: Head | undefined;
  readonly #old: Head | undefined;
  readonly #older: Head | undefined;
  readonly #pinned: WitnessPolicy | undefined;
  /** The owner's own, in the bundle: names whose lines are to be here, and vouches for nobody. */
  readonly #stated: WitnessPolicy | undefined;
  /** Sizes of the log at which its last time and its root are asked for. */
  readonly sizes: ReadonlySet<number>;

  /** @throws VerifyError `bad_policy`, `bad_checkpoint` for what came from outside. */
  constructor(
    private readonly loaded: Loaded,
    options: VerifyOptions,
    private readonly findings: Findings,
  ) {
    this.#pinned = options.witnessPolicy === undefined ? undefined : readPinnedPolicy(options.witnessPolicy);
    this.#older = options.older && readOlder(options.older);
    this.#current = this.#read(BUNDLE.checkpoint);
    this.#old = loaded.bytes.has(BUNDLE.olderCheckpoint) ? this.#read(BUNDLE.olderCheckpoint) : undefined;
    this.#stated = this.#readStated();
    const heads = [this.#current, this.#old, this.#older];
    this.sizes = new Set(heads.flatMap((head) => (head ? [head.body.size] : [])));
  }

  get current(): Note | undefined {
    return this.#current?.note;
  }

  /** The bundle's own heads, the older one first. */
  get signed(): readonly Head[] {
    return [this.#old, this.#current].filter((head) => head !== undefined);
  }

  async check(pass: LogPass): Promise<void> {
    const { origin } = pass.state;
    if (origin === undefined) return;
    const keys = logKeys(origin, pass.state);
    if (this.#current) await this.#checkCurrent(this.#current, pass, origin, keys);
    if (this.#old) await this.#checkOld(this.#old, pass, keys);
    const held = [await this.#checkWitnesses(pass, keys), await this.#checkOlder(pass, keys)];
    this.findings.heads = held.flatMap((what) => (what === undefined ? [] : [what]));
  }

  #read(where: string): Head | undefined {
    const note = parseNote(this.loaded.bytes.get(where) ?? new Uint8Array());
    const body = note && parseCheckpoint(note.text);
    if (note && body) return { where, note, body };
    this.findings.add('integrity', 'bad_checkpoint', where, 'The checkpoint is malformed.');
    return undefined;
  }

  #readStated(): WitnessPolicy | undefined {
    const text = asText(this.loaded.bytes.get(BUNDLE.witnessPolicy));
    try {
      if (text !== undefined) return parseWitnessPolicy(text);
    } catch (error) {
      if (!(error instanceof WitnessPolicyError)) throw error;
    }
    this.findings.add('integrity', 'bad_policy_file', BUNDLE.witnessPolicy, 'It is not a witness policy.');
    return undefined;
  }

  /** The bundle's head covers exactly the entries that are here. */
  async #checkCurrent(head: Head, { chain, state }: LogPass, origin: string, keys: readonly NoteKey[]): Promise<void> {
    const wrong = (code: string, message: string): void => this.findings.add('integrity', code, head.where, message);
    const size = chain.tree.size;
    if (head.body.size !== size)
      wrong(
        'wrong_size',
        `The checkpoint is of ${head.body.size} entries, but ${size} are here: some were cut off or added.`,
      );
    else if (head.body.root !== hex(chain.tree.root()))
      wrong('wrong_root', 'The tree over the entries does not have the root that the checkpoint signs.');
    if (head.body.origin !== origin) wrong('bad_checkpoint', 'The checkpoint is of another log.');
    const inForce = keys.findLast((key) => equalBytes(key.publicKey, state.keys?.log ?? new Uint8Array()));
    await this.#checkSignatures(head, keys, inForce ? [inForce] : []);
  }

  /** The older head is one of this log: the log key did not sign two histories. */
  async #checkOld(head: Head, { chain, state }: LogPass, keys: readonly NoteKey[]): Promise<void> {
    const { size, root, origin } = head.body;
    const current = this.#current;
    if (current && (size >= current.body.size || size === 0 || origin !== current.body.origin))
      this.findings.add('integrity', 'bad_checkpoint', head.where, 'It is not an older checkpoint of this log.');
    else if (size <= chain.tree.size && hex(chain.tree.root(size)) !== root) {
      const what = `The first ${size} entries are not those that this checkpoint signed.`;
      this.findings.add('integrity', 'wrong_root', head.where, what);
      if (await signedBy(head.note, keys))
        this.findings.add('nonEquivocation', 'rewritten', head.where, `${what} The log was rewritten.`);
    }
    // A key signs for as long as it is in force: what it signed later, or before, anyone may have made who stole it.
    const then = state.life.keyAt('log', size);
    await this.#checkSignatures(
      head,
      keys,
      keys.filter(({ publicKey }) => hex(publicKey) === then),
    );
  }

  /** Which files there are for the heads. */
  expectFiles({ chain }: LogPass, derived: Derived): void {
    for (const { body } of this.signed) derived.allow(timestampFile(body.size));
    const old = this.#old?.body.size ?? 0;
    if (!this.#old) return;
    derived.allow(BUNDLE.olderCheckpoint);
    const checkpointNote = asText(this.loaded.bytes.get(BUNDLE.checkpoint));
    if (checkpointNote === undefined || old === 0 || old > chain.tree.size) return derived.allow(BUNDLE.consistency);
    derived.expect(
      BUNDLE.consistency,
      formatAddCheckpoint({ oldSize: old, proof: chain.tree.consistency(old), checkpointNote }),
    );
  }

  /** Signed by one of `signers`, which are among the log's `keys`; and no line that nobody vouches for. */
  async #checkSignatures(head: Head, keys: readonly NoteKey[], signers: readonly NoteKey[]): Promise<void> {
    this.findings.counts.signatures += 1;
    if (!(await signedBy(head.note, signers)))
      this.findings.add(
        'authenticity',
        'bad_checkpoint_signature',
        head.where,
        'The log key did not sign the checkpoint.',
      );
    const known = new Set(keys.map(idOf));
    for (const policy of [this.#stated, this.#pinned])
      for (const { witness } of policy ? await cosignedBy(head.note, policy) : [])
        known.add(idOf(policy!.witnesses.get(witness)!));
    const ids = head.note.signatures.map(({ name, keyId: id }) => idOf({ name, id }));
    const own = ids.filter((id) => keys.some((key) => idOf(key) === id));
    if (own.length > 1 || !ids.every((id) => known.has(id))) {
      const what = 'The checkpoint carries signatures that nothing vouches for.';
      this.findings.add('integrity', 'bad_checkpoint', head.where, what);
    }
  }

  /** @returns what holds, in words; `undefined` when it was not asked for or fails */
  async #checkWitnesses({ chain }: LogPass, keys: readonly NoteKey[]): Promise<string | undefined> {
    const policy = this.#pinned;
    if (!policy) return undefined;
    const wrong = (code: string, message: string): undefined =>
      void this.findings.add('nonEquivocation', code, BUNDLE.checkpoint, message);
    if (policy.logs.length > 0 && !policy.logs.some((log) => keys.some((key) => sameKey(log, key))))
      return wrong('foreign_log', 'The witness policy that you gave is for another log.');
    const quorum = await this.#boundTimes(chain, policy);
    if (policy.satisfied(new Set())) return undefined;
    if (quorum === undefined)
      return wrong(
        'no_quorum',
        'Not enough of the witnesses that you trust cosigned this checkpoint: its owner may show others another log.',
      );
    return 'enough of the witnesses that you trust cosigned this very log';
  }

  /** Puts down what the pinned witnesses saw, and holds the entries' own times against it. */
  async #boundTimes(chain: LogPass['chain'], policy: WitnessPolicy): Promise<number | undefined> {
    let whole: number | undefined;
    for (const head of this.signed) {
      if (!isOf(chain, head)) continue;
      const cosigned = await cosignedBy(head.note, policy);
      this.findings.counts.signatures += cosigned.length;
      for (const { witness, at } of cosigned) this.#boundTime(chain, head.body.size, witness, at);
      const time = quorumTime(cosigned, policy);
      if (time === undefined) continue;
      this.findings.bounds.push({ size: head.body.size, time: isoTime(time), by: 'enough witnesses say so' });
      if (head === this.#current) whole = time;
    }
    return whole;
  }

  #boundTime(chain: LogPass['chain'], size: number, witness: string, at: number): void {
    this.findings.facts.witnessed.push({ size, witness, time: isoTime(at) });
    const last = chain.times.get(size) ?? null;
    if (last === null || Date.parse(last) <= at * 1000 + LIMITS.witnessClockMs) return;
    const message = `Entry ${size - 1} says ${last}, but the witness ${witness} saw it at ${isoTime(at)} already.`;
    this.findings.add('time', 'later_than_seen', `${BUNDLE.entries}:${size}`, message);
  }

  /** The head that was kept outside is one of this log. */
  async #checkOlder({ chain, state }: LogPass, keys: readonly NoteKey[]): Promise<string | undefined> {
    const head = this.#older;
    if (!head) return undefined;
    const wrong = (code: string, message: string): undefined =>
      void this.findings.add('nonEquivocation', code, head.where, message);
    const { size, root, origin } = head.body;
    if (origin !== state.origin) return wrong('foreign_log', 'The older checkpoint is of another log.');
    if (!(await signedBy(head.note, keys)))
      return wrong('older_not_signed', 'No key of this log signed the older checkpoint.');
    if (size > chain.tree.size)
      return wrong(
        'rolled_back',
        `The older checkpoint is of ${size} entries, but only ${chain.tree.size} are here: the log was cut.`,
      );
    if (hex(chain.tree.root(size)) !== root)
      return wrong(
        'rewritten',
        `The first ${size} entries are not those of the older checkpoint: the log was rewritten.`,
      );
    return `its first ${size} entries are those of the older checkpoint that you gave`;
  }
}

/** Whether the head is one of the log that is here. */
export const isOf = ({ tree }: LogPass['chain'], { body }: Head): boolean =>
  body.size <= tree.size && hex(tree.root(body.size)) === body.root;

function readOlder(bytes: Uint8Array): Head {
  const note = parseNote(bytes);
  const body = note && parseCheckpoint(note.text);
  if (note && body) return { where: 'the older checkpoint', note, body };
  throw new VerifyError('bad_checkpoint', 'The older checkpoint is not a signed checkpoint.', {
    advice: 'Give the file log/checkpoint of an older bundle, or one that the node exported, as it was.',
  });
}

/** Every key that the log ever signed its heads with. */
const logKeys = (origin: string, { life }: LogState): NoteKey[] =>
  life.spans.filter(({ purpose }) => purpose === 'log').map(({ key }) => noteKey(origin, fromHex(key)!));

async function signedBy(note: Note, keys: readonly NoteKey[]): Promise<boolean> {
  for (const key of keys) if (await verifyNote(note, key)) return true;
  return false;
}

const idOf = ({ name, id }: { name: string; id: string }): string => `${name}+${id}`;
const sameKey = (a: NoteKey, b: NoteKey): boolean => a.name === b.name && equalBytes(a.publicKey, b.publicKey);
const isoTime = (seconds: number): string => new Date(seconds * 1000).toISOString();
