/**
 * An invitation: what a device needs to find a mesh, to know who invited it, and to be let in once. It is a secret until
 * it is used or expires, and travels as text: shown as a QR code, or in a link's fragment, which no server sees.
 * docs/mesh-members.md has the bytes.
 */
import { concat, fromHex, hex, sha256 } from '../../crypto';
import { isDeviceName } from '../../protocol/mesh';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { MeshError } from '../errors';
import { ByteReader, openText, sealText, textField } from '../sealed-text';

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

/** What the inviter keeps of a token, and what the log says: it lets nobody in. */
export const invitationId = (token: Uint8Array): string => hex(sha256(token).subarray(0, 16));

export function encodeInvitation(invitation: Invitation): string {
  const { mesh, expires, token, inviter, name, meshKey, relayKey, relays } = invitation;
  const head = new Uint8Array(5);
  head[0] = VERSION;
  new DataView(head.buffer).setUint32(1, expires);
  const parts = [
    head,
    fromHex(mesh)!,
    token,
    inviter,
    meshKey,
    relayKey,
    textField(name),
    Uint8Array.of(relays.length),
  ];
  return sealText(PREFIX, concat(...parts, ...relays.map(textField)));
}

/**
 * Reads an invitation, alone or at the end of a link (`…#join=…`).
 * @throws MeshError `invitation_malformed`
 */
export function decodeInvitation(text: string): Invitation {
  const body = openText(PREFIX, text, MESH_LIMITS.invitationChars);
  const invitation = body && readBody(new ByteReader(body));
  if (invitation) return invitation;
  throw new MeshError('invitation_malformed', 'This is not a whole invitation.', {
    advice: 'Copy all of it again, or scan the code once more.',
  });
}

function readBody(bytes: ByteReader): Invitation | undefined {
  try {
    if (bytes.number(1) !== VERSION) return undefined;
    const invitation = {
      expires: bytes.number(4),
      mesh: hex(bytes.take(16)),
      token: bytes.take(16),
      inviter: bytes.take(32),
      meshKey: bytes.take(32),
      relayKey: bytes.take(32),
      name: bytes.text(),
      relays: readRelays(bytes),
    };
    return bytes.isDone && isDeviceName(invitation.name) ? invitation : undefined;
  } catch {
    return undefined;
  }
}

function readRelays(bytes: ByteReader): string[] {
  const count = bytes.number(1);
  if (count > MESH_LIMITS.relays) throw new RangeError('there are too many relays');
  const relays = Array.from({ length: count }, () => bytes.text());
  if (!relays.every(isRelayText)) throw new RangeError('this is no relay');
  return relays;
}

/** Printable ASCII that begins with a slash; what it means is checked where it is dialled. */
export const isRelayText = (text: string): boolean => text.length <= MESH_LIMITS.addrChars && /^\/[!-~]+$/.test(text);
