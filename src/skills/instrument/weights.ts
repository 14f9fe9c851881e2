/** The weight table as arrays by opcode. docs/metering.md prints it in words. */
import data from './weights.json' with { type: 'json' };

/** By weight: `from-to` or single opcodes, hex, separated by spaces. */
function expand(table: Readonly<Record<string, string>>): Uint8Array {
  const weights = new Uint8Array(256).fill(data.default);
  for (const [weight, ranges] of Object.entries(table)) {
    for (const range of ranges.split(' ')) {
      const [first = 0, last = first] = range.split('-').map((hex) => parseInt(hex, 16));
      weights.fill(Number(weight), first, last + 1);
    }
  }
  return weights;
}

export const WEIGHTS = {
  ...data,
  /** By the opcode's one byte. */
  opcodes: expand(data.opcodes),
  /** By the number after the prefix 0xfc. */
  fc: expand(data.fc),
  /** By the number after the prefix 0xfd (SIMD). */
  fd: expand(data.fd),
};
