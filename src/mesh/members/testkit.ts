import { hex, publicKeyOf, signerFromSeed, type Signer } from '../../crypto';
import type { Random } from '../../protocol/runtime';
import { testSeed } from '../testkit';
import { sealKeys, sealPublicKey, type EpochKeys } from './rekey';
import { signRoster, type Member, type Roster } from './roster';

export const MESH = '00112233445566778899aabbccddeeff';
export const START = '2026-01-01T00:00:00.000Z';

/** Bytes that count up from the seed: the same in every run. */
export function countingRandom(seed = 0): Random {
  let next = seed;
  return { bytes: (length) => Uint8Array.from({ length }, () => next++ % 256) };
}

export const signerOf = (i: number): Promise<Signer> => signerFromSeed(testSeed(i));
export const sealSecretOf = (i: number): Uint8Array => testSeed(1_000 + i);

/** The i-th device; the 0th is the keeper. */
export const member = (i: number, over: Partial<Member> = {}): Member => ({
  key: hex(publicKeyOf(testSeed(i))),
  seal: sealPublicKey(sealSecretOf(i)),
  name: `Device ${i}`,
  role: i === 0 ? 'keeper' : 'member',
  since: START,
  ...over,
});

export const KEYS: EpochKeys = { meshKey: new Uint8Array(32).fill(1), topicKey: new Uint8Array(32).fill(2) };

export const sealedTo = (members: readonly Member[], epoch: number, random = countingRandom()) =>
  Object.fromEntries(members.map((one) => [one.key, sealKeys(KEYS, { mesh: MESH, epoch, member: one }, random)]));

/** The next roster of these members, or the first; with new keys when `rekey`. */
export async function rosterOf(members: Member[], current?: Roster, rekey = !current): Promise<Roster> {
  const keys = rekey ? sealedTo(members, (current?.epoch ?? 0) + 1) : null;
  const change = { members, relays: ['/dns4/relay.example/tcp/443/tls/ws'], stun: [], keys, issuedAt: START };
  return signRoster(change, current ?? { mesh: MESH }, await signerOf(0));
}
