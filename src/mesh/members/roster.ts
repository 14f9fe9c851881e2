/**
 * The list of members, signed by its keeper: each one names the one before it, so every member arrives at the same list,
 * and a member that was away follows step by step. docs/mesh-members.md.
 */
import * as v from 'valibot';
import { base64, fromBase64, fromHex, hex, jcs, sha256Text, utf8, verifySignature } from '../../crypto';
import type { Sha256, Signer } from '../../crypto';
import { isDeviceName } from '../../protocol/mesh';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { MeshError } from '../errors';
import { isRelayText } from './invitation';

const Hex64 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const Time = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  v.check((text) => Number.isFinite(Date.parse(text))),
);
const MemberShape = v.strictObject({
  /** Raw Ed25519 node key: the member's peer id is made of it. */
  key: Hex64,
  /** Raw X25519 key, to which new keys of the mesh are sealed. */
  seal: Hex64,
  name: v.pipe(v.string(), v.check(isDeviceName)),
  role: v.picklist(['keeper', 'deputy', 'member']),
  since: Time,
});
const BodyShape = v.strictObject({
  /** So that no signature over something else is one over this. */
  type: v.literal('sovereign-mesh-roster'),
  v: v.literal(1),
  mesh: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  /** From 1, without gaps. */
  number: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MESH_LIMITS.rosterNumber)),
  /** Which keys of the mesh are in force, from 1. */
  epoch: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** {@link rosterDigest} of the one before; null for the first. */
  previous: v.nullable(Hex64),
  /** By key, ascending. */
  members: v.pipe(v.array(MemberShape), v.minLength(1), v.maxLength(MESH_LIMITS.members)),
  relays: v.pipe(v.array(v.pipe(v.string(), v.check(isRelayText))), v.maxLength(MESH_LIMITS.relays)),
  /** STUN servers that direct links may ask for this device's address: the relays' own. */
  stun: v.pipe(
    v.array(v.pipe(v.string(), v.maxLength(MESH_LIMITS.addrChars), v.regex(/^stun:[!-~]+$/))),
    v.maxLength(MESH_LIMITS.relays),
  ),
  /** Where an epoch begins: its keys, sealed to each member by its node key (see rekey.ts). */
  keys: v.nullable(v.record(Hex64, v.pipe(v.string(), v.length(152)))),
  issued_at: Time,
  /** The keeper's node key. */
  issuer: Hex64,
});
const RosterShape = v.strictObject({ ...BodyShape.entries, signature: v.pipe(v.string(), v.length(88)) });

export type Member = v.InferOutput<typeof MemberShape>;
type RosterBody = v.InferOutput<typeof BodyShape>;
export type Roster = v.InferOutput<typeof RosterShape>;

/** SHA-256 of the JCS of a roster, signature included. */
export const rosterDigest = (roster: Roster): Sha256 => sha256Text(jcs(roster));

/** What the keeper decides; the rest follows from the roster before. */
export type RosterChange = Pick<RosterBody, 'members' | 'relays' | 'stun' | 'keys'> & { issuedAt: string };

/** Signs the roster that comes after `current`, or the first. */
export async function signRoster(
  change: RosterChange,
  current: Roster | { mesh: string },
  keeper: Signer,
): Promise<Roster> {
  const last = 'number' in current ? current : undefined;
  const body: RosterBody = {
    type: 'sovereign-mesh-roster',
    v: 1,
    mesh: current.mesh,
    number: (last?.number ?? 0) + 1,
    epoch: (last?.epoch ?? 0) + (change.keys ? 1 : 0),
    previous: last ? rosterDigest(last) : null,
    members: change.members.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    relays: change.relays,
    stun: change.stun,
    keys: change.keys,
    issued_at: change.issuedAt,
    issuer: hex(keeper.publicKey),
  };
  return { ...body, signature: base64(await keeper.sign(utf8(jcs(body)))) };
}

/**
 * A roster as it came from outside: its form, its one keeper, and that he signed it. Whether it is the next one is for
 * {@link follows}.
 * @throws MeshError `frame_malformed` | `bad_signature`
 */
export async function readRoster(value: unknown): Promise<Roster> {
  const parsed = v.safeParse(RosterShape, value);
  if (!parsed.success) throw malformed(v.getDotPath(parsed.issues[0]) ?? 'it is no roster');
  const { signature, ...body } = parsed.output;
  const flaw = flawOf(body);
  if (flaw) throw malformed(flaw);
  const bytes = fromBase64(signature);
  const good = bytes && (await verifySignature(fromHex(body.issuer)!, utf8(jcs(body)), bytes));
  if (!good) throw new MeshError('bad_signature', 'A list of members is not signed by its keeper.');
  return parsed.output;
}

function flawOf({ number, epoch, previous, members, keys, issuer }: RosterBody): string | undefined {
  const sorted = members.every(({ key }, i) => i === 0 || members[i - 1]!.key < key);
  if (!sorted) return 'its members are not in order';
  const keepers = members.filter(({ role }) => role === 'keeper');
  if (keepers.length !== 1 || keepers[0]!.key !== issuer) return 'it is not its one keeper who signed';
  if (epoch > number) return 'its keys changed more often than the list';
  if ((previous === null) !== (number === 1)) return 'it does not name the list before it';
  if (number === 1 && !keys) return 'the first list has no keys';
  if (keys && Object.keys(keys).sort().join() !== members.map(({ key }) => key).join()) {
    return 'its keys are not for its members';
  }
  return undefined;
}

/**
 * Whether `next` is the one after `current`, by the same keeper, or by a deputy that takes his place. Who stays, stays the
 * same, but for the deputies that the keeper names; and where somebody was removed, there are new keys.
 */
export function follows(current: Roster, next: Roster): boolean {
  if (next.mesh !== current.mesh) return false;
  if (next.number !== current.number + 1 || next.previous !== rosterDigest(current)) return false;
  if (next.epoch !== current.epoch + (next.keys ? 1 : 0)) return false;
  const { added, removed } = differences(current, next);
  const taken = next.issuer !== current.issuer;
  if (taken && !isTakeover(current, next)) return false;
  const changed = current.members.some((old) => {
    const now = next.members.find(({ key }) => key === old.key);
    if (!now) return false;
    const same = now.role === old.role || (taken ? now.key === next.issuer : !roles(old, now).includes('keeper'));
    return now.seal !== old.seal || now.since !== old.since || !same;
  });
  return !changed && (removed.length === 0 || next.keys !== null) && added.every(({ role }) => role === 'member');
}

const roles = (...members: Member[]): Member['role'][] => members.map(({ role }) => role);

/** A deputy's list without the keeper who named it, and nothing else: nobody comes or goes beside. */
function isTakeover(current: Roster, next: Roster): boolean {
  const { added, removed } = differences(current, next);
  const deputy = current.members.find(({ key }) => key === next.issuer);
  return deputy?.role === 'deputy' && added.length === 0 && removed.map(({ key }) => key).join() === current.issuer;
}

export function differences(before: Roster | undefined, after: Roster): { added: Member[]; removed: Member[] } {
  const known = new Set(before?.members.map(({ key }) => key));
  const kept = new Set(after.members.map(({ key }) => key));
  return {
    added: after.members.filter(({ key }) => !known.has(key)),
    removed: before?.members.filter(({ key }) => !kept.has(key)) ?? [],
  };
}

const malformed = (where: string): MeshError =>
  new MeshError('frame_malformed', `A list of members does not hold together: ${where}.`);
