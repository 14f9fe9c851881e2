/** Entries of a key's life with real signatures, and what a reader makes of them: for tests of every reader. */
import { hex, jcs, publicKeyOf, sha256Text, signerFromSeed, type Signer } from '../crypto';
import type { JsonObject } from '../protocol/json';
import { KeyLife } from './life';
import { PURPOSES, type Purpose, type RevocationReason } from './shapes';
import { commitmentTo, holds, signBody, signGenesis } from './sign';
import type { KeyEntry } from './types';

export const ORIGIN = 'sovereign-node/0123456789abcdef';

const seedOf = (purpose: string, index: number): Uint8Array<ArrayBuffer> => {
  const seed = new Uint8Array(32).fill(PURPOSES.indexOf(purpose as Purpose) + 10);
  new DataView(seed.buffer).setUint32(0, index);
  return seed;
};
/** The same key for the same name and number in each run; trustees are further "purposes". */
export const keyOf = (purpose: string, index = 0): string => hex(publicKeyOf(seedOf(purpose, index)));
export const signerOf = (purpose: string, index = 0): Promise<Signer> => signerFromSeed(seedOf(purpose, index));
export const commitment = (purpose: Purpose, index: number): string =>
  commitmentTo(publicKeyOf(seedOf(purpose, index)));

export type Data = Record<string, JsonObject[string]>;
const nulls = { previous_signature: null, owner_signature: null };

export async function genesisData(options: { committed?: boolean; signed?: boolean } = {}): Promise<Data> {
  const keys = Object.fromEntries(PURPOSES.map((p) => [p, keyOf(p)]));
  const next = Object.fromEntries(PURPOSES.map((p) => [p, commitment(p, 1)]));
  const data: Data = { origin: ORIGIN, keys, ...(options.committed === false ? {} : { next }) };
  return options.signed === false ? data : signGenesis(data, await signerOf('governance'));
}

export interface RotationOptions {
  index: number;
  /** Number of the new key; the next one by default. */
  to?: number;
  /** Who signs: 'previous', 'owner' or both; the new key always does. */
  by?: readonly ('previous' | 'owner')[];
  owner?: number;
  origin?: string;
  next?: JsonObject;
}
export async function rotationData(purpose: Purpose, options: RotationOptions): Promise<Data> {
  const { index, to = index, by = ['previous'], owner = 0, origin = ORIGIN } = options;
  const next = options.next ?? { [purpose]: commitment(purpose, to + 1) };
  const previous = keyOf(purpose, index - 1);
  const rotation = { v: 1, type: 'KEY_ROTATED', origin, purpose, index, previous, key: keyOf(purpose, to), next };
  const sign = async (name: string, n: number): Promise<string> => signBody(await signerOf(name, n), rotation);
  return {
    rotation,
    ...nulls,
    key_signature: await sign(purpose, to),
    ...(by.includes('previous') ? { previous_signature: await sign(purpose, index - 1) } : {}),
    ...(by.includes('owner') ? { owner_signature: await sign('owner', owner) } : {}),
  };
}

export async function revocationData(
  purpose: Purpose,
  key: string,
  fromSeq: number,
  signer: readonly [string, number],
  reason: RevocationReason = 'compromised',
): Promise<Data> {
  const revocation = { v: 1, type: 'KEY_REVOKED', origin: ORIGIN, purpose, key, from_seq: fromSeq, reason };
  return { revocation, signer: keyOf(...signer), signature: await signBody(await signerOf(...signer), revocation) };
}

export const TRUSTEES = ['trustee-a', 'trustee-b', 'trustee-c'];
/** Trustees have no purpose: their number tells them apart. */
export const trusteeKey = (name: string): [string, number] => ['trustee', 1000 + TRUSTEES.indexOf(name)];

export async function trusteesData(needed: number, options: { number?: number; owner?: number } = {}): Promise<Data> {
  const trustees = {
    v: 1,
    type: 'TRUSTEES_SET',
    origin: ORIGIN,
    number: options.number ?? 1,
    needed,
    trustees: TRUSTEES.map((name) => ({ key: keyOf(...trusteeKey(name)), name: null })),
  };
  return { trustees, signature: await signBody(await signerOf('owner', options.owner ?? 0), trustees) };
}

export async function recoveryData(set: Data, signers: readonly string[], index = 1, to = index): Promise<Data> {
  const recovery = {
    v: 1,
    type: 'RECOVERY',
    origin: ORIGIN,
    index,
    previous: keyOf('owner', index - 1),
    key: keyOf('owner', to),
    next: { owner: commitment('owner', to + 1) },
    trustees_sha256: sha256Text(jcs(set['trustees'])),
  };
  const signatures = [];
  for (const name of signers) {
    const trustee = trusteeKey(name);
    signatures.push({ key: keyOf(...trustee), signature: await signBody(await signerOf(...trustee), recovery) });
  }
  return { recovery, signatures, key_signature: await signBody(await signerOf('owner', to), recovery) };
}

/** Folds entries of these types and data, and says everything that is wrong with them, signatures included. */
export async function tell(...entries: (readonly [type: string, data: Data])[]): Promise<{
  life: KeyLife;
  flaws: string[];
}> {
  const life = new KeyLife();
  const flaws: string[] = [];
  for (const [seq, [type, data]] of entries.entries()) {
    const entry: KeyEntry = { seq, ts: new Date(Date.UTC(2026, 0, 1, 0, 0, seq)).toISOString(), type, data };
    const step = life.apply(entry);
    flaws.push(...step.flaws);
    for (const proof of step.proofs) if (!(await holds(proof))) flaws.push(proof.flaw);
  }
  return { life, flaws };
}
