import { compareBytes, Slice } from './slice';

/** FNV-1a, 32 bits. */
function hashBytes(slice: Slice): u32 {
  let hash: u32 = 0x811c9dc5;
  for (let at = slice.start; at < slice.end; at++) hash = (hash ^ load<u8>(at)) * 0x01000193;
  return hash;
}

/** Gives equal runs of bytes the same number, counting from 0 in the order in which they are first seen. */
export class Interner {
  /** How many differ. */
  count: i32 = 0;
  private known: StaticArray<Slice | null> = new StaticArray<Slice | null>(64);
  private hashes: StaticArray<u32> = new StaticArray<u32>(64);
  /** Twice as many as there is room for: open addressing, number + 1, 0 where free. */
  private slots: StaticArray<i32> = new StaticArray<i32>(128);

  get(number: i32): Slice {
    return this.known[number]!;
  }

  number(slice: Slice): i32 {
    if (this.count == this.known.length) this.grow();
    const hash = hashBytes(slice);
    const mask = this.slots.length - 1;
    let slot = hash & mask;
    for (; this.slots[slot] != 0; slot = (slot + 1) & mask) {
      const number = this.slots[slot] - 1;
      if (this.hashes[number] == hash && compareBytes(this.known[number]!, slice) == 0) return number;
    }
    this.known[this.count] = slice;
    this.hashes[this.count] = hash;
    this.slots[slot] = ++this.count;
    return this.count - 1;
  }

  private grow(): void {
    const size = this.count * 4;
    const known = new StaticArray<Slice | null>(size);
    const hashes = new StaticArray<u32>(size);
    this.slots = new StaticArray<i32>(size * 2);
    for (let i = 0; i < this.count; i++) {
      known[i] = this.known[i];
      hashes[i] = this.hashes[i];
      let slot = hashes[i] & (size * 2 - 1);
      while (this.slots[slot] != 0) slot = (slot + 1) & (size * 2 - 1);
      this.slots[slot] = i + 1;
    }
    this.known = known;
    this.hashes = hashes;
  }
}
