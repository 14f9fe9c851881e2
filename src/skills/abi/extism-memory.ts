/** The memory that an Extism plugin shares with its host: blocks at offsets, read and written a number at a time. */
export class ExtismMemory {
  readonly #most: number;
  readonly #lengths = new Map<number, number>();
  /** Freed blocks, by their rounded size. */
  readonly #free = new Map<number, number[]>();
  #bytes = new Uint8Array(65_536);
  /** 0 is no block. */
  #top = 16;

  /** @param most bytes that it may ever have */
  constructor(most: number) {
    this.#most = most;
  }

  /** Offset of a block of zeros, or 0 where there is no room. */
  alloc(length: number): number {
    const size = Math.ceil(length / 8) * 8;
    const reused = this.#reuse(size, length);
    if (reused !== 0 || length === 0 || this.#top + size > this.#most) return reused;
    const offset = this.#top;
    this.#top += size;
    this.#grow();
    this.#lengths.set(offset, length);
    return offset;
  }

  free(offset: number): void {
    const length = this.#lengths.get(offset);
    if (length === undefined) return;
    this.#lengths.delete(offset);
    const size = Math.ceil(length / 8) * 8;
    const same = this.#free.get(size) ?? [];
    same.push(offset);
    this.#free.set(size, same);
  }

  /** 0 for what is no block. */
  length(offset: number): number {
    return this.#lengths.get(offset) ?? 0;
  }

  /** A new block with these bytes; 0 for none, or where there is no room. */
  put(bytes: Uint8Array): number {
    const offset = this.alloc(bytes.length);
    if (offset !== 0) this.#bytes.set(bytes, offset);
    return offset;
  }

  /** The block's bytes; none for what is no block. */
  block(offset: number): Uint8Array {
    return this.#bytes.subarray(offset, offset + this.length(offset));
  }

  /** Any bytes in use; undefined where one is not. */
  range(offset: number, length: number): Uint8Array | undefined {
    return offset + length <= this.#top ? this.#bytes.subarray(offset, offset + length) : undefined;
  }

  #reuse(size: number, length: number): number {
    const offset = size === 0 ? undefined : this.#free.get(size)?.pop();
    if (offset === undefined) return 0;
    this.#bytes.fill(0, offset, offset + size);
    this.#lengths.set(offset, length);
    return offset;
  }

  #grow(): void {
    if (this.#top <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.min(this.#most, Math.max(this.#top, this.#bytes.length * 2)));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
