/** Eight tables of 256: what a byte leaves when so many more bytes follow it, so that eight are taken in at once. */
const TABLES = Array.from({ length: 8 }, () => new Int32Array(256)) as [
  ...[Int32Array, Int32Array, Int32Array, Int32Array],
  ...[Int32Array, Int32Array, Int32Array, Int32Array],
];
for (let n = 0; n < 256; n++) {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  TABLES[0][n] = c;
}
for (let n = 0; n < 256; n++)
  for (let i = 1; i < 8; i++) {
    const c = TABLES[i - 1]![n]!;
    TABLES[i]![n] = TABLES[0][c & 0xff]! ^ (c >>> 8);
  }

/**
 * CRC-32 (ISO 3309) as zip files carry it. Finds accidents, not forgeries.
 *
 * @param before the CRC of what stands before `bytes`
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES;
  let c = ~before;
  let i = 0;
  for (; i + 8 <= bytes.length; i += 8)
    c =
      t7[(c ^ bytes[i]!) & 0xff]! ^
      t6[((c >>> 8) ^ bytes[i + 1]!) & 0xff]! ^
      t5[((c >>> 16) ^ bytes[i + 2]!) & 0xff]! ^
      t4[(c >>> 24) ^ bytes[i + 3]!]! ^
      t3[bytes[i + 4]!]! ^
      t2[bytes[i + 5]!]! ^
      t1[bytes[i + 6]!]! ^
      t0[bytes[i + 7]!]!;
  for (; i < bytes.length; i++) c = t0[(c ^ bytes[i]!) & 0xff]! ^ (c >>> 8);
  return ~c >>> 0;
}
