/**
 * The two codes by which two devices on one network link without any server: one shows an *offer*, the other scans it
 * and shows an *answer*. What they hold is in docs/mesh-nearby.md. An offer is a secret until it is used or expires: who
 * holds it may answer. An answer is none.
 */
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, equalBytes, fromHex, hex, utf8 } from '../../crypto';
import { isDeviceName } from '../../protocol/mesh';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { MeshError } from '../errors';
import { ByteReader, openText, plainText, sealText, textField } from '../sealed-text';
import { packIce, unpackIce, type IceFacts } from './ice';

export interface Offer {
  /** 16 bytes, hex. */
  mesh: string;
  /** Good until then, unix seconds. */
  expires: number;
  /** 16 random bytes, good for one answer. An invitation's token where it invites. */
  token: Uint8Array;
  /** Raw Ed25519 node key of the device that offers. */
  key: Uint8Array;
  /** What it is called. */
  name: string;
  /** Of the mesh, 32 bytes, for a device that is to join; `undefined` where members link who have it. */
  relayKey: Uint8Array | undefined;
  ice: IceFacts;
}

export interface Answer {
  /** Of the offer: {@link offerId}. */
  offer: string;
  /** Raw Ed25519 node key of the device that answers. */
  key: Uint8Array;
  ice: IceFacts;
}

const OFFER = 'sno1.';
const ANSWER = 'sna1.';
/** The first byte of an offer. */
const [INVITES, MEETS] = [1, 2];
const ID_BYTES = 8;
const TAG_BYTES = 16;

export const isOffer = (text: string): boolean => plainText(text).startsWith(OFFER);

/** 8 bytes, hex: the first of the token's SHA-256. */
export const offerId = (token: Uint8Array): string => hex(sha256(token).subarray(0, ID_BYTES));

/** 32 bytes that hide the link between the two, below Noise: who has not seen the offer sees noise. */
export const linkKeyOf = (token: Uint8Array): Uint8Array =>
  hkdf(sha256, token, undefined, utf8('sovereign-node/nearby/link/1'), 32);

export function encodeOffer({ mesh, expires, token, key, name, relayKey, ice }: Offer): string {
  const head = new Uint8Array(5);
  head[0] = relayKey ? INVITES : MEETS;
  new DataView(head.buffer).setUint32(1, expires);
  const parts = [head, fromHex(mesh)!, token, key, relayKey ?? new Uint8Array(0), textField(name), packIce(ice)];
  return sealText(OFFER, concat(...parts));
}

/** Reads an offer, alone or at the end of a link. @throws MeshError `invitation_malformed` */
export function decodeOffer(text: string): Offer {
  const read = (bytes: ByteReader): Offer => {
    const kind = bytes.number(1);
    if (kind !== INVITES && kind !== MEETS) throw new RangeError('this is no kind of offer');
    const expires = bytes.number(4);
    const mesh = hex(bytes.take(16));
    const [token, key] = [bytes.take(16), bytes.take(32)];
    const relayKey = kind === INVITES ? bytes.take(32) : undefined;
    const name = bytes.text();
    if (!isDeviceName(name)) throw new RangeError('this is no name');
    return { mesh, expires, token, key, name, relayKey, ice: unpackIce(bytes) };
  };
  return decode(OFFER, text, read) ?? fail('This is not a whole code of another device.');
}

/** @param token of the offer that it answers */
export function encodeAnswer({ offer, key, ice }: Answer, token: Uint8Array): string {
  const body = concat(fromHex(offer)!, key, packIce(ice));
  return sealText(ANSWER, concat(body, tagOf(body, token)));
}

/**
 * Reads an answer to one of our offers.
 * @param tokenOf of an open offer by its id
 * @throws MeshError `invitation_malformed`; `invitation_used` for one to an offer that is not open (any more)
 */
export function decodeAnswer(text: string, tokenOf: (offer: string) => Uint8Array | undefined): Answer {
  if (isOffer(text)) throw swapped();
  const read = (bytes: ByteReader): { answer: Answer; tag: Uint8Array } => {
    const answer = { offer: hex(bytes.take(ID_BYTES)), key: bytes.take(32), ice: unpackIce(bytes) };
    return { answer, tag: bytes.take(TAG_BYTES) };
  };
  const { answer, tag } = decode(ANSWER, text, read) ?? fail('This is not a whole answer.');
  const token = tokenOf(answer.offer);
  if (!token) {
    throw new MeshError('invitation_used', 'This answers another code than the one shown here.', {
      advice: 'Scan the code that is shown here with the other device, then scan its answer.',
    });
  }
  const body = concat(fromHex(answer.offer)!, answer.key, packIce(answer.ice));
  if (!equalBytes(tag, tagOf(body, token))) fail('This answer was not made for the code shown here.');
  return answer;
}

/** Only who has seen the offer can answer it, and nobody can change an answer on its way. */
const tagOf = (body: Uint8Array, token: Uint8Array): Uint8Array => {
  const key = hkdf(sha256, token, undefined, utf8('sovereign-node/nearby/answer/1'), 32);
  return hmac(sha256, key, body).subarray(0, TAG_BYTES);
};

/** All of it, and nothing behind. */
function decode<T>(prefix: string, text: string, read: (bytes: ByteReader) => T): T | undefined {
  const body = openText(prefix, text, MESH_LIMITS.nearbyChars);
  if (!body) return undefined;
  try {
    const bytes = new ByteReader(body);
    const found = read(bytes);
    return bytes.isDone ? found : undefined;
  } catch {
    return undefined;
  }
}

function fail(message: string): never {
  throw new MeshError('invitation_malformed', message, { advice: 'Copy all of it again, or scan it once more.' });
}

const swapped = (): MeshError =>
  new MeshError('invitation_malformed', 'This is a first code, not an answer to one.', {
    advice: 'Show one code on one device only; the other scans it and shows its answer.',
  });
