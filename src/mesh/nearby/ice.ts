/**
 * What of a session description two devices on one network must tell each other: everything else in an SDP of a data
 * channel is the same every time (RFC 8866, 8839, 8841, 8842). 650 characters become about 100 bytes.
 */
import { concat, fromHex, hex, utf8 } from '../../crypto';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { MeshError } from '../errors';
import type { ByteReader } from '../sealed-text';

export interface IceFacts {
  ufrag: string;
  pwd: string;
  /** SHA-256 of the DTLS certificate: 32 bytes. */
  fingerprint: Uint8Array;
  candidates: readonly Candidate[];
}

/** A place on the network where a device waits: UDP, its own and no server's. */
export interface Candidate {
  /** An IPv4 or IPv6 address, or `<uuid>.local`, which browsers say in its place (mDNS, RFC 8828). */
  host: string;
  port: number;
}

/** RFC 8839, 5.4: ice-char; at least 24 and 128 bits. Browsers use 4 to 8 and 24 to 32. */
const ICE_TEXT = /^[A-Za-z0-9+/]{4,64}$/;
const PWD_LEAST = 22;

/** @throws MeshError `unreachable` for one without a place on a network, or of another kind */
export function factsOfSdp(sdp: string): IceFacts {
  const lines = sdp.split(/\r?\n/);
  const value = (name: string): string => lines.find((line) => line.startsWith(`a=${name}:`))?.split(':')[1] ?? '';
  const digits = lines.find((line) => /^a=fingerprint:sha-256 /i.test(line))?.replace(/^\S+ |:/g, '') ?? '';
  const fingerprint = fromHex(digits.toLowerCase());
  const found = lines.flatMap(candidateOf);
  const facts = {
    ufrag: value('ice-ufrag'),
    pwd: value('ice-pwd'),
    candidates: found.slice(0, MESH_LIMITS.nearbyPlaces),
  };
  if (fingerprint?.length !== 32 || !ICE_TEXT.test(facts.ufrag) || !ICE_TEXT.test(facts.pwd) || value('mid') !== '0') {
    throw new MeshError('unreachable', 'This browser describes its links in a way that is not known here.');
  }
  if (found.length > 0) return { ...facts, fingerprint };
  throw new MeshError('unreachable', 'This device is on no network.', {
    advice: 'Join the network of the other device.',
  });
}

/** A line `a=candidate:<foundation> 1 udp <priority> <host> <port> typ host …`; nothing of any other kind. */
function candidateOf(line: string): Candidate[] {
  const parts = /^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host\b/i.exec(line);
  const host = parts?.[1]?.toLowerCase() ?? '';
  const port = Number(parts?.[2]);
  return hostBytes(host) && port > 0 && port <= 0xffff ? [{ host, port }] : [];
}

/** The description that says these facts and no others. */
export function sdpOf({ ufrag, pwd, fingerprint, candidates }: IceFacts, type: 'offer' | 'answer'): string {
  const digest = hex(fingerprint).toUpperCase().match(/../g)!.join(':');
  const lines = [
    'v=0',
    'o=- 1 2 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    ...candidates.map(
      ({ host, port }, i) => `a=candidate:${i} 1 udp ${HOST_PRIORITY - 256 * i} ${host} ${port} typ host`,
    ),
    'a=end-of-candidates',
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${pwd}`,
    `a=fingerprint:sha-256 ${digest}`,
    // Who is asked connects (RFC 8842, 5.3).
    `a=setup:${type === 'offer' ? 'actpass' : 'active'}`,
    'a=mid:0',
    'a=sctp-port:5000',
    'a=max-message-size:65536',
  ];
  return `${lines.join('\r\n')}\r\n`;
}

/** RFC 8445, 5.1.2.1: type preference 126, the first local preference, component 1. */
const HOST_PRIORITY = 126 * 2 ** 24 + 65_535 * 256 + 255;

export function packIce({ ufrag, pwd, fingerprint, candidates }: IceFacts): Uint8Array<ArrayBuffer> {
  const places = candidates.flatMap(({ host, port }) => [hostBytes(host)!, Uint8Array.of(port >> 8, port & 0xff)]);
  return concat(short(ufrag), short(pwd), fingerprint, Uint8Array.of(candidates.length), ...places);
}

/** @throws RangeError */
export function unpackIce(bytes: ByteReader): IceFacts {
  const text = (): string => {
    const found = String.fromCharCode(...bytes.take(bytes.number(1)));
    // Nothing that could end a line of the description.
    if (!ICE_TEXT.test(found)) throw new RangeError('these are no ice-chars');
    return found;
  };
  const [ufrag, pwd, fingerprint, count] = [text(), text(), bytes.take(32), bytes.number(1)];
  if (pwd.length < PWD_LEAST || count === 0 || count > MESH_LIMITS.nearbyPlaces)
    throw new RangeError('not as it must be');
  const candidates = Array.from({ length: count }, () => ({ host: readHost(bytes), port: bytes.number(2) }));
  if (candidates.some(({ port }) => port === 0)) throw new RangeError('this is no port');
  return { ufrag, pwd, fingerprint, candidates };
}

const short = (text: string): Uint8Array => concat(Uint8Array.of(text.length), utf8(text));

const UUID_HOST = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})\.local$/;
const [IS_MDNS, IS_IP4, IS_IP6] = [0, 4, 6];

/** One byte that tells the kind, and 16, 4 or 16 bytes. */
function hostBytes(host: string): Uint8Array<ArrayBuffer> | undefined {
  const uuid = UUID_HOST.exec(host);
  if (uuid) return concat(Uint8Array.of(IS_MDNS), fromHex(uuid.slice(1).join(''))!);
  const ip4 = ip4Bytes(host);
  if (ip4) return concat(Uint8Array.of(IS_IP4), ip4);
  const ip6 = ip6Bytes(host);
  return ip6 && concat(Uint8Array.of(IS_IP6), ip6);
}

function readHost(bytes: ByteReader): string {
  const kind = bytes.number(1);
  if (kind === IS_IP4) return [...bytes.take(4)].join('.');
  const digits = hex(bytes.take(16));
  if (kind === IS_IP6) return digits.match(/.{4}/g)!.join(':');
  if (kind !== IS_MDNS) throw new RangeError('this is no kind of address');
  return `${digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}.local`;
}

function ip4Bytes(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^(?:\d{1,3}\.){3}\d{1,3}$/.test(text)) return undefined;
  const bytes = text.split('.').map(Number);
  return bytes.every((byte) => byte < 256) ? Uint8Array.from(bytes) : undefined;
}

/** RFC 4291, 2.2, forms 1 and 2. */
function ip6Bytes(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[0-9a-f:]{2,39}$/.test(text)) return undefined;
  const halves = text.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const [left = [], right = []] = halves;
  const gap = 8 - left.length - right.length;
  const isWhole = halves.length === 2 ? gap >= 1 : halves.length === 1 && gap === 0;
  if (!isWhole) return undefined;
  const words = [...left, ...Array.from({ length: gap }, () => '0'), ...right];
  if (!words.every((word) => /^[0-9a-f]{1,4}$/.test(word))) return undefined;
  return fromHex(words.map((word) => word.padStart(4, '0')).join(''));
}
