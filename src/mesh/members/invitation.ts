/**
 * An invitation: what a device needs to find a mesh, to know who invited it, and to be let in once. It is a secret until
 * it is used or expires, and travels as text: shown as a QR code, or in a link's fragment, which no server sees.
 * docs/mesh-members.md has the bytes.
 */
import { base64, concat, equalBytes, fromBase64, fromHex, fromUtf8, hex, sha256, utf8 } from '../../crypto';
import { isDeviceName } from '../../protocol/mesh';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { MeshError } from '../errors';

export interface Invitation {
  /** Of the mesh: 16 bytes, hex. */
  mesh: string;
  /** Good until then, unix seconds. */
  expires: number;
  /** 16 random bytes: who shows them was invited. Used once. */
  token: Uint8Array;
  /** Raw Ed25519 node key of the device that invites. */
  inviter: Uint8Array;
  /** What it is called. */
  name: string;
  /** 32 bytes each: of the circuits between members, and of the link to a relay. */
  meshKey: Uint8Array;
  relayKey: Uint8Array;
  /** Multiaddrs. */
  relays: readonly string[];
}

const PREFIX = 'sn1.';
const VERSION = 1;
const SUM_BYTES = 4;
/** Version, expiry, mesh, token and three keys. */
const FIXED_BYTES = 1 + 4 + 16 + 16 + 3 * 32;

/** What the inviter keeps of a token, and what the log says: it lets nobody in. */
export const invitationId = (token: Uint8Array): string => hex(sha256(token).subarray(0, 16));

export function encodeInvitation(invitation: Invitation): string {
  const { mesh, expires, token, inviter, name, meshKey, relayKey, relays } = invitation;
  const head = new Uint8Array(5);
  head[0] = VERSION;
  new DataView(head.buffer).setUint32(1, expires);
  const parts = [head, fromHex(mesh)!, token, inviter, meshKey, relayKey, field(name), Uint8Array.of(relays.length)];
  const body = concat(...parts, ...relays.map(field));
  return PREFIX + base64Url(concat(body, sha256(body).subarray(0, SUM_BYTES)));
}

/**
 * Reads an invitation, alone or at the end of a link (`…#join=…`). White space is ignored: mail programs break lines.
 * @throws MeshError `invitation_malformed`
 */
export function decodeInvitation(text: string): Invitation {
  const plain = text.replace(/\s+/g, '').replace(/^.*#join=/, '');
  if (plain.length > MESH_LIMITS.invitationChars || !plain.startsWith(PREFIX)) throw malformed();
  const bytes = fromBase64Url(plain.slice(PREFIX.length));
  if (!bytes || bytes.length < FIXED_BYTES + SUM_BYTES) throw malformed();
  const body = bytes.subarray(0, -SUM_BYTES);
  if (!equalBytes(sha256(body).subarray(0, SUM_BYTES), bytes.subarray(-SUM_BYTES))) throw malformed();
  if (body[0] !== VERSION) throw malformed();
  const at = (from: number, length: number) => body.slice(from, from + length);
  const fields = readFields(body.subarray(FIXED_BYTES));
  if (!fields) throw malformed();
  const { name, relays } = fields;
  return {
    expires: new DataView(body.buffer).getUint32(1),
    mesh: hex(at(5, 16)),
    token: at(21, 16),
    inviter: at(37, 32),
    meshKey: at(69, 32),
    relayKey: at(101, 32),
    name,
    relays,
  };
}

/** One name, then a count of relays and each of them; nothing behind. */
function readFields(bytes: Uint8Array): { name: string; relays: string[] } | undefined {
  let rest = bytes;
  const next = (): string => {
    const length = (rest[0]! << 8) | rest[1]!;
    if (rest.length < 2 + length) throw new RangeError('a field is cut off');
    const text = fromUtf8(rest.subarray(2, 2 + length));
    rest = rest.subarray(2 + length);
    return text;
  };
  try {
    const name = next();
    const count = rest[0];
    rest = rest.subarray(1);
    if (count === undefined || count > MESH_LIMITS.relays) return undefined;
    const relays = Array.from({ length: count }, next);
    if (rest.length > 0 || !isDeviceName(name) || !relays.every(isRelayText)) return undefined;
    return { name, relays };
  } catch {
    return undefined;
  }
}

/** Printable ASCII that begins with a slash; what it means is checked where it is dialled. */
export const isRelayText = (text: string): boolean => text.length <= MESH_LIMITS.addrChars && /^\/[!-~]+$/.test(text);

function field(text: string): Uint8Array {
  const bytes = utf8(text);
  return concat(Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes);
}

const base64Url = (bytes: Uint8Array): string =>
  base64(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  const padded = text.replace(/-/g, '+').replace(/_/g, '/');
  return fromBase64(padded + '='.repeat((4 - (padded.length % 4)) % 4));
}

const malformed = (): MeshError =>
  new MeshError('invitation_malformed', 'This is not a whole invitation.', {
    advice: 'Copy all of it again, or scan the code once more.',
  });
