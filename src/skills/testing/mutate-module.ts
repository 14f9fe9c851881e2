/** Changes a module’s bytes at random, often so that what was a number stays one: most get past the first check. */
import { Random } from './random';
import { randomModule } from './random-module';

/** Bytes that mean much: opcodes of refused proposals, ends of ranges, prefixes. */
const TELLING = [
  0, 1, 2, 3, 4, 5, 6, 7, 0x0b, 0x0e, 0x10, 0x12, 0x1f, 0x3f, 0x40, 0x41, 0x5f, 0x60, 0x6f, 0x70, 0x7b, 0x7f, 0x80,
  0xfb, 0xfc, 0xfd, 0xfe, 0xff,
];

export function mutate(source: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const bytes = [...source];
  for (let n = 1 + random.below(2); n > 0; n--) {
    const at = random.once(8) ? random.below(bytes.length) : 8 + random.below(Math.max(1, bytes.length - 8));
    switch (random.below(24)) {
      case 0:
        bytes.splice(at, 1 + random.below(3));
        break;
      case 1:
        bytes.splice(at, 0, random.pick(TELLING));
        break;
      case 2:
        bytes.splice(at, 1, 0xff, 0xff, 0xff, 0xff, random.pick([0x0f, 0x1f, 0x7f, 0xff]));
        break;
      case 3:
        bytes.length = Math.max(1, at);
        break;
      case 4:
        bytes.splice(at, 0, ...bytes.slice(random.below(bytes.length), random.below(bytes.length) + 8));
        break;
      case 5:
        bytes[at] = ((bytes[at] ?? 0) ^ (1 << random.below(8))) & 0xff;
        break;
      default:
        bytes[at] = random.once(2) ? random.pick(TELLING) : random.below(256);
    }
  }
  return Uint8Array.from(bytes);
}

/** An endless row of mutated modules, 64 of each original. */
export function* mutants(seed: number): Generator<Uint8Array<ArrayBuffer>> {
  const random = new Random(seed);
  for (;;) {
    const original = randomModule(random.bits(), { simd: random.once(2), hideNans: random.once(2) });
    for (let i = 0; i < 64; i++) yield mutate(original, random);
  }
}
