/** Bytes that people carry as text, scanned or pasted: base64url behind a prefix that tells what they are, with a sum. */
import { base64, concat, equalBytes, fromBase64, fromUtf8, sha256, utf8 } from '../crypto';

/** First bytes of the SHA-256: a slip in copying is noticed. It proves nothing about who wrote them. */
const SUM_BYTES = 4;

export function sealText(prefix: string, body: Uint8Array): string {
  return prefix + base64Url(concat(body, sha256(body).subarray(0, SUM_BYTES)));
}

/**
 * The bytes of {@link sealText}, alone or at the end of a link (`…#join=…`). White space is ignored: mail programs break
 * lines. `undefined` for anything else, or more than `maxChars`.
 */
export function openText(prefix: string, text: string, maxChars: number): Uint8Array<ArrayBuffer> | undefined {
  const plain = plainText(text);
  if (plain.length > maxChars || !plain.startsWith(prefix)) return undefined;
  const bytes = fromBase64Url(plain.slice(prefix.length));
  if (!bytes || bytes.length < SUM_BYTES) return undefined;
  const body = bytes.slice(0, -SUM_BYTES);
  return equalBytes(sha256(body).subarray(0, SUM_BYTES), bytes.subarray(-SUM_BYTES)) ? body : undefined;
}

/** Without white space, and without the link that it stands at the end of. */
export const plainText = (text: string): string => text.replace(/\s+/g, '').replace(/^.*#join=/, '');

/** UTF-8 behind its length in two bytes. */
export function textField(text: string): Uint8Array<ArrayBuffer> {
  const bytes = utf8(text);
  return concat(Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes);
}

/** Takes bytes from the front. Everything throws RangeError, or TypeError for text that is not UTF-8, where they end. */
export class ByteReader {
  #rest: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#rest = bytes;
  }

  get isDone(): boolean {
    return this.#rest.length === 0;
  }

  take(length: number): Uint8Array<ArrayBuffer> {
    if (this.#rest.length < length) throw new RangeError('it is cut off');
    const taken = this.#rest.slice(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }

  /** Big-endian. */
  number(bytes: 1 | 2 | 4): number {
    return this.take(bytes).reduce((value, byte) => value * 256 + byte, 0);
  }

  text(): string {
    return fromUtf8(this.take(this.number(2)));
  }
}

const base64Url = (bytes: Uint8Array): string =>
  base64(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  const padded = text.replace(/-/g, '+').replace(/_/g, '/');
  return fromBase64(padded + '='.repeat((4 - (padded.length % 4)) % 4));
}
