import { fromHex, type Sha256 } from '../../crypto';

/** A role that the log grants. */
export interface RoleRecord {
  /** Digest of the principal. */
  principal: Sha256;
  /** ms since 1970: it holds from the first, and no longer at the second. */
  from: number;
  until: number;
  /** Number of the key that granted it. */
  issuer: number;
}

/** Half of a digest is enough to tell two apart: see {@link IdTable}. */
const HALF = 16;
const HIGH = 2 ** 32;

/** Puts a role into the 9 words of its id. */
export function writeRole(words: Uint32Array, { principal, from, until, issuer }: RoleRecord): void {
  words.set(halfOf(principal));
  words.set([Math.floor(from / HIGH), from % HIGH, Math.floor(until / HIGH), until % HIGH, issuer], HALF / 4);
}

export const readRole = (words: Uint32Array): Omit<RoleRecord, 'principal'> & { principal: Uint32Array } => ({
  principal: words.subarray(0, HALF / 4),
  from: words[4]! * HIGH + words[5]!,
  until: words[6]! * HIGH + words[7]!,
  issuer: words[8]!,
});

/** A device that may decide one request with a key of its own. */
export interface ApproverRecord extends Omit<RoleRecord, 'principal'> {
  /** Raw Ed25519 key. */
  key: Uint8Array;
}

/** Puts it into the 13 words of its id. */
export function writeApprover(words: Uint32Array, { key, from, until, issuer }: ApproverRecord): void {
  words.set([Math.floor(from / HIGH), from % HIGH, Math.floor(until / HIGH), until % HIGH, issuer]);
  words.set(new Uint32Array(key.slice().buffer), 5);
}

export const readApprover = (words: Uint32Array): ApproverRecord => ({
  key: new Uint8Array(words.slice(5).buffer),
  from: words[0]! * HIGH + words[1]!,
  until: words[2]! * HIGH + words[3]!,
  issuer: words[4]!,
});

export function isPrincipal(role: { principal: Uint32Array }, digest: Sha256): boolean {
  const half = halfOf(digest);
  return role.principal.every((word, i) => word === half[i]);
}

const halfOf = (digest: Sha256): Uint32Array => new Uint32Array(fromHex(digest)!.buffer, 0, HALF / 4);
