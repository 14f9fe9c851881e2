import { Deflate, deflateSync } from 'fflate';
import { crc32, hex, sha256Hex, sha256Stream, utf8, type Sha256 } from '../../crypto';
import { LIMITS } from '../../protocol/limits';

/** A file of a bundle as its zip holds it, so that a large one is never in memory as it is. */
export interface PackedFile {
  path: string;
  /** Of the file as it is, as are `sha256` and `crc`. */
  size: number;
  sha256: Sha256;
  crc: number;
  deflated: boolean;
  /** The stored or deflated bytes, in pieces. */
  parts: readonly Uint8Array[];
}

const LEVEL = 6;
/** What is handed to the compressor at once: always cut at the same places, so that it writes the same bytes. */
const BLOCK = 1024 * 1024;

/** Packs a file that is in memory. Stored as it is where that is not longer: hashes do not compress. */
export function packFile(path: string, content: Uint8Array | string): PackedFile {
  const bytes = typeof content === 'string' ? utf8(content) : content;
  const deflated = deflateSync(bytes, { level: LEVEL });
  // What shrinks like a zip bomb is stored as it is: no reader would unpack it.
  const smaller = deflated.length < bytes.length && bytes.length <= deflated.length * LIMITS.zipRatio;
  return {
    path,
    size: bytes.length,
    sha256: sha256Hex(bytes),
    crc: crc32(bytes),
    deflated: smaller,
    parts: [smaller ? deflated : bytes],
  };
}

/** Packs a file piece by piece; only the deflated bytes stay. */
export class StreamPacker {
  readonly #parts: Uint8Array[] = [];
  readonly #deflate = new Deflate({ level: LEVEL }, (part) => {
    if (part.length > 0) this.#parts.push(part);
  });
  readonly #hasher = sha256Stream();
  readonly #block = new Uint8Array(BLOCK);
  #filled = 0;
  #crc = 0;
  #size = 0;

  constructor(private readonly path: string) {}

  get size(): number {
    return this.#size;
  }

  push(bytes: Uint8Array): void {
    this.#size += bytes.length;
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + BLOCK - this.#filled);
      this.#block.set(piece, this.#filled);
      this.#filled += piece.length;
      at += piece.length;
      if (this.#filled === BLOCK) this.#flush(false);
    }
  }

  /** To be called once, after the last piece. */
  end(): PackedFile {
    this.#flush(true);
    const sha256 = hex(this.#hasher.digest());
    const { path } = this;
    if (this.#size === 0) return { path, size: 0, sha256, crc: 0, deflated: false, parts: [] };
    return { path, size: this.#size, sha256, crc: this.#crc, deflated: true, parts: this.#parts };
  }

  #flush(isLast: boolean): void {
    const block = this.#block.subarray(0, this.#filled);
    this.#hasher.update(block);
    this.#crc = crc32(block, this.#crc);
    // The compressor keeps what it is given.
    this.#deflate.push(block.slice(), isLast);
    this.#filled = 0;
  }
}
