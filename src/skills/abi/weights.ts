/**
 * Gas of host calls (docs/skill-abi.md). A call between compiled code and JavaScript with its metering takes some
 * hundred nanoseconds to a microsecond, a byte copied less than one, a random byte some ten.
 */
export const HOST_GAS = {
  /** A read or write of the Extism kernel's memory by one number, or a question about a block. */
  access: 128,
  /** A block of the Extism kernel's memory, made or given back, beside its bytes. */
  block: 512,
  /** Any other call. */
  call: 1_024,
  /** A call of the world, beside its bytes. */
  world: 10_000,
  /** A byte that is copied, either way. */
  byte: 1,
  randomByte: 16,
  /** A name looked up or a directory entry listed. */
  name: 64,
} as const;
