/** The weight table as arrays by opcode. docs/metering.md prints it in words. */
import data from './weights.json' with { type: 'json' };

const HEX = 16;
const DECIMAL = 10;

/** `ranges`: `first-last` or one opcode → weight. */
function expand(ranges: Readonly<Record<string, number>>, radix: number): Uint8Array {
  const weights = new Uint8Array(256).fill(data.default);
  for (const [range, weight] of Object.entries(ranges)) {
    const [first, last = first] = range.split('-');
    weights.fill(weight, parseInt(first!, radix), parseInt(last!, radix) + 1);
  }
  return weights;
}

export const WEIGHTS = {
  version: data.version,
  /** By the opcode's one byte. */
  plain: expand(data.opcodes, HEX),
  /** By the number after the prefix 0xfc. */
  fc: expand(data.fc, DECIMAL),
  /** By the number after the prefix 0xfd (SIMD). */
  fd: expand(data.fd, DECIMAL),
  memoryGrowPage: data.memoryGrowPage,
  tableGrowEntry: data.tableGrowEntry,
  /** Bulk memory operations: one unit for so many bytes, a power of two. */
  bytesPerGas: data.bytesPerGas,
  tableEntry: data.tableEntry,
};
