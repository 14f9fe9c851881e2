import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { equalBytes, hex, utf8, utf8Into } from './encoding';
import { wasmEngine, type Hasher, type Sha256Engine } from './sha256';

export type { Hasher } from './sha256';

/** SHA-256 as a lower-case hex string of 64 characters: how the product names everything. */
export type Sha256 = string;

/** Where WebAssembly is refused, by a policy or by an old engine's bound for the window. */
const inScript: Sha256Engine = {
  hash: (...parts) => parts.reduce((hash, part) => hash.update(part), nobleSha256.create()).digest(),
  stream: () => nobleSha256.create(),
};

/** The fast one, if it runs here and agrees with noble's on a message of several blocks. */
function chooseEngine(): Sha256Engine {
  try {
    const fast = wasmEngine();
    const message = Uint8Array.from({ length: 200 }, (_, i) => 251 * i);
    if (equalBytes(fast.hash(message), inScript.hash(message))) return fast;
  } catch {
    // Then the other one.
  }
  return inScript;
}

let chosen: Sha256Engine | undefined;
const engine = (): Sha256Engine => (chosen ??= chooseEngine());

/** SHA-256 (FIPS 180-4) of the parts one after the other; synchronous so that the cores can be. */
export const sha256 = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => engine().hash(...parts);
/** SHA-256 of what comes in pieces. */
export const sha256Stream = (): Hasher => engine().stream();
export const sha256Hex = (bytes: Uint8Array): Sha256 => hex(sha256(bytes));
/** {@link sha256Hex} of a text's UTF-8. */
export const sha256Text = (text: string): Sha256 => hex(sha256OfText(text));

/** Texts are hashed in one buffer: of a log's millions, each in its own would be outside the heap and freed late. */
const scratch = new Uint8Array(16_384);
export function sha256OfText(text: string): Uint8Array<ArrayBuffer> {
  if (text.length * 3 > scratch.length) return sha256(utf8(text));
  return sha256(scratch.subarray(0, utf8Into(text, scratch)));
}
export const isSha256 = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);
