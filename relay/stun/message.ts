/** The one question that this STUN server answers: from which address do you see me (RFC 8489, Binding)? */
import { isIPv4, isIPv6 } from 'node:net';

const HEADER_BYTES = 20;
const COOKIE = 0x2112a442;
const BINDING_REQUEST = 0x0001;
const BINDING_RESPONSE = 0x0101;
const XOR_MAPPED_ADDRESS = 0x0020;

/** The answer to a datagram from this address, or `undefined` to say nothing: to whatever is no Binding request. */
export function answerStun(request: Uint8Array, address: string, port: number): Uint8Array | undefined {
  const view = new DataView(request.buffer, request.byteOffset, request.length);
  if (request.length < HEADER_BYTES || request.length % 4 !== 0) return undefined;
  if (view.getUint16(0) !== BINDING_REQUEST || view.getUint32(4) !== COOKIE) return undefined;
  if (view.getUint16(2) !== request.length - HEADER_BYTES) return undefined;
  const ip = addressBytes(address);
  if (!ip) return undefined;
  const answer = new Uint8Array(HEADER_BYTES + 8 + ip.length);
  const out = new DataView(answer.buffer);
  out.setUint16(0, BINDING_RESPONSE);
  out.setUint16(2, 8 + ip.length);
  answer.set(request.subarray(4, HEADER_BYTES), 4);
  out.setUint16(20, XOR_MAPPED_ADDRESS);
  out.setUint16(22, 4 + ip.length);
  out.setUint8(25, ip.length === 4 ? 1 : 2);
  out.setUint16(26, port ^ (COOKIE >>> 16));
  // Hidden under cookie and transaction id, because routers rewrite addresses that they find in packets.
  ip.forEach((byte, i) => {
    answer[28 + i] = byte ^ request[4 + i]!;
  });
  return answer;
}

/** The 4 or 16 bytes of an IP address as Node writes it. */
function addressBytes(text: string): Uint8Array | undefined {
  const plain = text.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIPv4(plain)) return Uint8Array.from(plain.split('.'), Number);
  if (!isIPv6(plain)) return undefined;
  const [head = '', tail] = plain.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const last = groups(tail ?? '');
  const zeros = tail === undefined ? 0 : 8 - groups(head).length - last.length;
  const all = [...groups(head), ...Array<string>(zeros).fill('0'), ...last];
  return Uint8Array.from(all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]));
}
