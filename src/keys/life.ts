import * as v from 'valibot';
import { fromHex, isSafePublicKey, jcs, sha256Hex, sha256Text } from '../crypto';
import { LIMITS } from '../protocol/limits';
import {
  Genesis,
  PURPOSES,
  Recovered,
  Revoked,
  Rotated,
  TrusteesSet,
  type Commitments,
  type Purpose,
  type Recovery,
} from './shapes';
import type { KeyEntry, KeySpan, Link, Moment, Proof, Step, Trustees } from './types';

type Span = { -readonly [K in keyof KeySpan]: KeySpan[K] };

/** The entry types that change keys; all others leave a {@link KeyLife} as it is. */
export const KEY_EVENTS: ReadonlySet<string> = new Set([
  'GENESIS',
  'KEY_ROTATED',
  'KEY_REVOKED',
  'TRUSTEES_SET',
  'RECOVERY',
]);

/** Thrown inside a step, caught by it. */
class Flaw extends Error {}
const flaw = (what: string): never => {
  throw new Flaw(what);
};

/**
 * The keys of a log as its entries tell them: a pure fold, the same for the node, the exporter and the verifier. It
 * checks form, order and commitments; signatures it hands back as proofs, because checking those is asynchronous. An
 * entry counts only when all its proofs hold, which is the caller's to see to.
 */
export class KeyLife {
  origin: string | undefined;
  trustees: Trustees | undefined;
  readonly #spans: Span[] = [];
  /** `vouched`: signed by the very key that will be followed. */
  readonly #next = new Map<Purpose, { sha256: string; vouched: boolean }>();

  /** To try an entry on: what it is applied to leaves this one as it is. */
  clone(): KeyLife {
    const copy = new KeyLife();
    copy.origin = this.origin;
    copy.trustees = this.trustees;
    copy.#spans.push(...this.#spans.map((span) => ({ ...span })));
    for (const [purpose, commitment] of this.#next) copy.#next.set(purpose, commitment);
    return copy;
  }

  /** Takes in the next entry; of another type than {@link KEY_EVENTS} it changes nothing. */
  apply(entry: KeyEntry): Step {
    try {
      return { flaws: [], proofs: this.#step(entry) };
    } catch (error) {
      if (error instanceof Flaw) return { flaws: [error.message], proofs: [] };
      throw error;
    }
  }

  /** Every key there was, oldest first. */
  get spans(): readonly KeySpan[] {
    return this.#spans;
  }

  /** Whether the log ever had this key (hex), for any purpose. */
  has(key: string): boolean {
    return this.#spans.some((s) => s.key === key);
  }

  /** The key in force now, hex; undefined before GENESIS, and from a revocation to the key that follows. */
  current(purpose: Purpose): string | undefined {
    const last = this.#last(purpose);
    return last && !last.until ? last.key : undefined;
  }

  /** The key whose signature counts in entry `seq`, hex: a change takes effect after the entry that makes it. */
  keyAt(purpose: Purpose, seq: number): string | undefined {
    return this.#spans.find((s) => s.purpose === purpose && s.from.seq < seq && (!s.until || seq <= s.until.seq))?.key;
  }

  /** SHA-256 of the key that must come next, where the log has committed to one. */
  committed(purpose: Purpose): string | undefined {
    return this.#next.get(purpose)?.sha256;
  }

  /** How often the key of this purpose has changed. */
  index(purpose: Purpose): number {
    return this.#last(purpose)?.index ?? 0;
  }

  /**
   * Whether who knows `key` (hex) from outside may believe the key of this purpose that is in force now: it is that key,
   * or each change since was signed by the key before it or is the one that this key had committed to; or `key` is the
   * newer one, and itself signed that it follows the older.
   */
  follows(purpose: Purpose, key: string): boolean {
    const all = this.#of(purpose);
    const at = all.findIndex((s) => s.key === key);
    if (at < 0 || all.at(-1)!.until) return false;
    return all.slice(at + 1).every((s) => s.link === 'signed' || s.link === 'committed');
  }

  #of(purpose: Purpose): Span[] {
    return this.#spans.filter((s) => s.purpose === purpose);
  }

  #last(purpose: Purpose): Span | undefined {
    return this.#spans.findLast((s) => s.purpose === purpose);
  }

  #step(entry: KeyEntry): Proof[] {
    switch (entry.type) {
      case 'GENESIS':
        return this.#genesis(entry);
      case 'KEY_ROTATED':
        return this.#rotated(entry);
      case 'KEY_REVOKED':
        return this.#revoked(entry);
      case 'TRUSTEES_SET':
        return this.#trusteesSet(entry);
      case 'RECOVERY':
        return this.#recovered(entry);
      default:
        return [];
    }
  }

  #genesis(entry: KeyEntry): Proof[] {
    const { origin, keys, next, signature } = read(Genesis, entry);
    if (this.origin !== undefined) flaw('the log begins twice');
    if (next && signature === undefined) flaw('the governance key did not sign the keys that come next');
    if (new Set(PURPOSES.map((p) => keys[p])).size < PURPOSES.length) flaw('one key stands for two purposes');
    for (const purpose of PURPOSES) safe(keys[purpose], purpose);
    this.origin = origin;
    for (const purpose of PURPOSES) this.#begin(purpose, keys[purpose], 0, 'genesis', entry);
    if (next) this.#commit(next, 'governance');
    if (signature === undefined) return [];
    const { signature: _, ...body } = entry.data;
    const what = "the governance key did not sign the log's first entry";
    return [{ key: keys.governance, body, signature, flaw: what }];
  }

  #rotated(entry: KeyEntry): Proof[] {
    const data = read(Rotated, entry);
    const { rotation } = data;
    const { purpose, key, next } = rotation;
    const last = this.#successor(rotation, purpose);
    const commitment = this.#next.get(purpose);
    if (commitment && commitment.sha256 !== keyHash(key)) flaw('the new key is not the one that was committed to');
    if (next[purpose] === undefined) flaw('it does not commit to the key after it');
    const others = PURPOSES.filter((p) => p !== purpose && next[p] !== undefined);
    if (others.some((p) => this.#next.has(p))) flaw('it changes what another key had committed to');

    const proofs: Proof[] = [{ key, body: rotation, signature: data.key_signature, flaw: NEW_KEY }];
    if (last.revoked) {
      if (data.previous_signature !== null) flaw('it rests on the signature of a revoked key');
    } else {
      const signature = data.previous_signature ?? flaw('the key before it did not sign the change');
      proofs.push({ key: last.key, body: rotation, signature, flaw: 'the key before it did not sign the change' });
    }
    // Without a commitment whoever stole the old key could name any new one; so the owner key says it too.
    const byOwner = purpose !== 'owner' && (last.revoked !== null || !commitment || others.length > 0);
    if (byOwner) {
      const owner = this.current('owner') ?? flaw('there is no owner key to sign the change');
      const signature = data.owner_signature ?? flaw('the owner key did not sign the change');
      proofs.push({ key: owner, body: rotation, signature, flaw: 'the owner key did not sign the change' });
    } else if (data.owner_signature !== null) flaw('it carries a signature that nothing asks for');
    if (purpose === 'owner' && last.revoked && !commitment)
      flaw('a revoked owner key that committed to nothing is replaced by trustees only');

    const link = !last.revoked ? 'signed' : commitment?.vouched ? 'committed' : 'unvouched';
    last.until ??= moment(entry);
    this.#begin(purpose, key, rotation.index, link, entry);
    this.#commit(next, purpose);
    return proofs;
  }

  #revoked(entry: KeyEntry): Proof[] {
    const { revocation, signer, signature } = read(Revoked, entry);
    const { purpose, key, from_seq: fromSeq, reason } = revocation;
    this.#here(revocation.origin);
    const span = this.#of(purpose).find((s) => s.key === key) ?? flaw(`the log never had this ${purpose} key`);
    if (span.revoked) flaw('the key was revoked before');
    if (fromSeq > entry.seq || fromSeq <= span.from.seq) flaw('it revokes from an entry outside the life of the key');
    const current = purpose === 'owner' && !span.until;
    const allowed = current ? keyHash(signer) === this.#next.get('owner')?.sha256 : signer === this.current('owner');
    if (!allowed) {
      flaw(current ? 'an owner key is revoked by the key after it' : 'only the owner key revokes this key');
    }
    span.revoked = { fromSeq, reason, at: moment(entry) };
    span.until ??= moment(entry);
    const what = `the ${current ? 'next owner' : 'owner'} key did not sign the revocation`;
    return [{ key: signer, body: revocation, signature, flaw: what }];
  }

  #trusteesSet(entry: KeyEntry): Proof[] {
    const { trustees: list, signature } = read(TrusteesSet, entry);
    this.#here(list.origin);
    if (list.number !== (this.trustees?.number ?? 0) + 1) flaw('a list of trustees is skipped or repeated');
    if (list.needed > list.trustees.length) flaw('it asks for more trustees than there are');
    if (new Set(list.trustees.map((t) => t.key)).size < list.trustees.length) flaw('one trustee stands in it twice');
    for (const { key } of list.trustees) {
      safe(key, 'trustee');
      if (this.has(key)) flaw('a key of this log cannot be its own trustee');
    }
    const owner = this.current('owner') ?? flaw('there is no owner key to appoint trustees');
    const { number, needed, trustees } = list;
    this.trustees = { number, needed, trustees, sha256: sha256Text(jcs(list)), at: moment(entry) };
    return [{ key: owner, body: list, signature, flaw: 'the owner key did not appoint the trustees' }];
  }

  #recovered(entry: KeyEntry): Proof[] {
    const { recovery, signatures, key_signature: signature } = read(Recovered, entry);
    const last = this.#successor(recovery, 'owner');
    const { trustees } = this;
    if (!trustees || recovery.trustees_sha256 !== trustees.sha256) {
      return flaw('it does not rest on the trustees that the owner appointed');
    }
    if (signatures.some((s) => !trustees.trustees.some((t) => t.key === s.key)))
      flaw('somebody signed who is no trustee');
    if (new Set(signatures.map((s) => s.key)).size < signatures.length) flaw('one trustee signed twice');
    if (signatures.length < trustees.needed) {
      flaw(`${signatures.length} trustees signed, but ${trustees.needed} are needed`);
    }
    last.until ??= moment(entry);
    last.revoked ??= { fromSeq: entry.seq, reason: 'lost', at: moment(entry) };
    this.#begin('owner', recovery.key, recovery.index, 'recovered', entry);
    this.#commit(recovery.next, 'owner');
    const body = recovery;
    return [
      { key: recovery.key, body, signature, flaw: NEW_KEY },
      ...signatures.map((s) => ({ key: s.key, body, signature: s.signature, flaw: 'a trustee did not sign it' })),
    ];
  }

  /** The span that a change ends, once the change says rightly whose key it follows. */
  #successor(change: Pick<Recovery, 'origin' | 'previous' | 'index' | 'key'>, purpose: Purpose): Span {
    this.#here(change.origin);
    const last = this.#last(purpose) ?? flaw('there is no key to change');
    if (change.previous !== last.key) flaw('it does not follow the key before it');
    if (change.index !== last.index + 1) flaw('a change of the key is skipped');
    if (change.index > LIMITS.keyRotations) flaw(`a key changes at most ${LIMITS.keyRotations} times`);
    safe(change.key, purpose);
    if (this.has(change.key)) flaw('the new key was used before');
    return last;
  }

  #here(origin: string): void {
    if (this.origin === undefined || origin !== this.origin) flaw('it was made for another log');
  }

  #begin(purpose: Purpose, key: string, index: number, link: Link, entry: KeyEntry): void {
    this.#spans.push({ purpose, key, index, link, from: moment(entry), until: null, revoked: null });
  }

  /** @param by the purpose whose own key signed these. */
  #commit(next: Commitments, by: Purpose): void {
    for (const purpose of PURPOSES) {
      const sha256 = next[purpose];
      if (sha256 !== undefined) this.#next.set(purpose, { sha256, vouched: purpose === by });
    }
  }
}

const NEW_KEY = 'the new key did not sign that it takes over';

const moment = ({ seq, ts }: KeyEntry): Moment => ({ seq, ts });
/** What a commitment holds: SHA-256 of the raw key. */
const keyHash = (key: string): string => sha256Hex(fromHex(key)!);

function safe(key: string, what: string): void {
  if (!isSafePublicKey(fromHex(key)!)) flaw(`its ${what} key is not a safe Ed25519 key`);
}

function read<S extends v.GenericSchema>(shape: S, entry: KeyEntry): v.InferOutput<S> {
  const parsed = v.safeParse(shape, entry.data);
  if (parsed.success) return parsed.output;
  return flaw(`the ${entry.type} entry lacks ${v.getDotPath(parsed.issues[0]) ?? 'its fields'}`);
}
