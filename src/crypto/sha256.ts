import { sha256Module } from './sha256-module';

/** SHA-256 of what comes in pieces: `update` in order, then `digest` once. */
export interface Hasher {
  update(bytes: Uint8Array): Hasher;
  digest(): Uint8Array<ArrayBuffer>;
}

/** One implementation of SHA-256. */
export interface Sha256Engine {
  /** Of the parts one after the other. */
  hash(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer>;
  stream(): Hasher;
}

const BLOCK = 64;
const DIGEST = 32;
/** In the module's memory: its state, then as much of a message as fits. */
const DATA = BLOCK;
const ROOM = 65_536 - DATA;
/** What padding adds at least: a one bit and the length in bits. */
const PADDING = 9;
/** FIPS 180-4, 5.3.3. */
const START = Uint32Array.of(
  ...[0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19],
);

/** @throws what WebAssembly throws where it is refused */
export function wasmEngine(): Sha256Engine {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(sha256Module()));
  const { memory, compress } = exports as {
    memory: WebAssembly.Memory;
    compress: (at: number, blocks: number) => void;
  };
  const bytes = new Uint8Array(memory.buffer);
  const view = new DataView(memory.buffer);
  const state = new Uint32Array(memory.buffer, 0, START.length);

  /** Of the state and the last `held` bytes in memory, of `length` in all. */
  const finish = (held: number, length: number): Uint8Array<ArrayBuffer> => {
    const blocks = Math.ceil((held + PADDING) / BLOCK);
    const end = DATA + blocks * BLOCK;
    bytes.fill(0, DATA + held, end);
    bytes[DATA + held] = 0x80;
    view.setUint32(end - 8, Math.floor(length / 2 ** 29));
    view.setUint32(end - 4, length << 3);
    compress(DATA, blocks);
    const digest = new Uint8Array(DIGEST);
    for (let i = 0; i < START.length; i++) {
      const word = state[i]!;
      digest[4 * i] = word >>> 24;
      digest[4 * i + 1] = word >>> 16;
      digest[4 * i + 2] = word >>> 8;
      digest[4 * i + 3] = word;
    }
    return digest;
  };

  /** Keeps its state to itself between the calls: the module's is everybody's. */
  class Stream implements Hasher {
    readonly #state = Uint32Array.from(START);
    /** Begun and not full. */
    readonly #block = new Uint8Array(BLOCK);
    #length = 0;

    update(piece: Uint8Array): this {
      const held = this.#length % BLOCK;
      this.#length += piece.length;
      if (held + piece.length < BLOCK) {
        this.#block.set(piece, held);
        return this;
      }
      state.set(this.#state);
      bytes.set(this.#block.subarray(0, held), DATA);
      let at = 0;
      for (let room = held; ; room = 0) {
        const some = piece.subarray(at, at + ROOM - PADDING - room);
        const blocks = Math.floor((room + some.length) / BLOCK);
        if (blocks === 0) break;
        bytes.set(some, DATA + room);
        compress(DATA, blocks);
        at += blocks * BLOCK - room;
      }
      this.#state.set(state);
      this.#block.set(piece.subarray(at));
      return this;
    }

    digest(): Uint8Array<ArrayBuffer> {
      const held = this.#length % BLOCK;
      state.set(this.#state);
      bytes.set(this.#block.subarray(0, held), DATA);
      return finish(held, this.#length);
    }
  }

  return {
    hash(...parts) {
      let length = 0;
      for (const part of parts) length += part.length;
      if (length > ROOM - BLOCK - PADDING)
        return parts.reduce<Hasher>((hash, part) => hash.update(part), new Stream()).digest();
      state.set(START);
      let at = DATA;
      for (const part of parts) {
        bytes.set(part, at);
        at += part.length;
      }
      return finish(length, length);
    },
    stream: () => new Stream(),
  };
}
