/** A skill's linear memory. Pointers and lengths arrive as signed i32 and are unsigned. */
export class GuestMemory {
  #memory: WebAssembly.Memory | undefined;

  /** Until then, and for a module without one, it has no bytes. */
  attach(memory: WebAssembly.Memory | undefined): void {
    this.#memory = memory;
  }

  get bytes(): number {
    return this.#memory?.buffer.byteLength ?? 0;
  }

  /** A view that is good until the skill runs on, since growing detaches it; undefined where a byte lies outside. */
  view(pointer: number, length: number): Uint8Array<ArrayBuffer> | undefined {
    const from = pointer >>> 0;
    const size = length >>> 0;
    if (!this.#memory || from + size > this.bytes) return undefined;
    return new Uint8Array(this.#memory.buffer, from, size);
  }

  all(): Uint8Array<ArrayBuffer> {
    return this.#memory ? new Uint8Array(this.#memory.buffer) : new Uint8Array();
  }
}
