import { fromHex, hex } from '../../crypto';
import type { KeyLife, Purpose } from '../../keys';
import { BUNDLE_KEYS, type BundleKey } from '../../protocol/bundle';
import type { Case } from './state';

/** Stands where no key is in force: of small order, so that no signature holds against it. */
const NO_KEY = new Uint8Array(32);

/**
 * An entry that changes whose signatures count: the log's first, a rotation, a revocation, new trustees, a recovery. From
 * the next entry on the keys are those that it leaves in force. False when it does not count.
 */
export function keyChange(c: Case): boolean {
  const { life } = c.state;
  const { flaws, proofs } = life.apply(c.entry);
  for (const what of flaws) c.unauthorised('bad_key_change', what);
  if (flaws.length > 0) return false;
  for (const { key, body, signature, flaw } of proofs) c.signed(fromHex(key)!, body, signature, 'bad_signature', flaw);
  c.state.keys = keysInForce(life, c.state.keys);
  return true;
}

/** Keys that did not change keep their identity: signatures are checked against what was imported once. */
function keysInForce(life: KeyLife, before: Record<BundleKey, Uint8Array> | undefined): Record<BundleKey, Uint8Array> {
  const now = (name: BundleKey): Uint8Array => {
    const key = life.current(name);
    if (key === undefined) return NO_KEY;
    return before && hex(before[name]) === key ? before[name] : fromHex(key)!;
  };
  return Object.fromEntries(BUNDLE_KEYS.map((name) => [name, now(name)])) as Record<BundleKey, Uint8Array>;
}

/** A revocation reaches back to the entry that it names: nothing that the key signed from there on may stand in the log. */
export function keyRevoked(c: Case): void {
  if (!keyChange(c)) return;
  const { key, from_seq: from } = c.entry.data['revocation'] as { key: string; from_seq: number };
  const last = c.state.lastSigned.get(key) ?? -1;
  if (last >= from)
    c.unauthorised('revoked_key', `entry ${last} was signed by the key that this revokes from ${from} on`);
}

/** Number of the key in force, for what rests on its signature and must fall with it. */
export const signerNumber = (life: KeyLife, purpose: Purpose): number =>
  life.spans.findLastIndex((span) => span.purpose === purpose);

export const isRevoked = (life: KeyLife, number: number): boolean => (life.spans[number]?.revoked ?? null) !== null;

/**
 * The governance keys that may have signed the statement of a stage: the one in force at the stage's entry, and the one
 * at its order's, unless that was revoked since.
 */
export function statementSigners(c: Case, orderSeq: number | undefined): Uint8Array[] {
  const { life, keys } = c.state;
  const now = keys ? [keys.governance] : [];
  if (orderSeq === undefined) return now;
  const then = life.keyAt('governance', orderSeq);
  const span = life.spans.find((s) => s.key === then);
  if (!then || !keys || then === hex(keys.governance) || span?.revoked) return now;
  return [...now, fromHex(then)!];
}
