// SHA-256 of a megabyte: 32-bit arithmetic over a memory.
const K: StaticArray<u32> = new StaticArray<u32>(64);
const W: StaticArray<u32> = new StaticArray<u32>(64);
const DATA: StaticArray<u8> = new StaticArray<u8>(1 << 20);

/** The first 32 bits of the fractions of the cube roots of the first primes. */
function constants(): void {
  let found = 0;
  for (let n = 2; found < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d == 0) prime = false;
    if (!prime) continue;
    let root: f64 = 1;
    for (let i = 0; i < 60; i++) root -= (root * root * root - <f64>n) / (3 * root * root);
    K[found++] = <u32>((root - Math.floor(root)) * 4294967296.0);
  }
}

function sigma(x: u32, a: u32, b: u32, c: u32): u32 {
  return rotr(x, a) ^ rotr(x, b) ^ (x >> c);
}

const H: StaticArray<u32> = new StaticArray<u32>(8);

function compress(at: usize): void {
  for (let i = 0; i < 16; i++) unchecked((W[i] = bswap(load<u32>(at + 4 * i))));
  for (let i = 16; i < 64; i++) {
    const s0 = sigma(unchecked(W[i - 15]), 7, 18, 3);
    const s1 = sigma(unchecked(W[i - 2]), 17, 19, 10);
    unchecked((W[i] = W[i - 16] + s0 + W[i - 7] + s1));
  }
  let a = unchecked(H[0]),
    b = unchecked(H[1]),
    c = unchecked(H[2]),
    d = unchecked(H[3]);
  let e = unchecked(H[4]),
    f = unchecked(H[5]),
    g = unchecked(H[6]),
    h = unchecked(H[7]);
  for (let i = 0; i < 64; i++) {
    const s1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25);
    const t1 = h + s1 + ((e & f) ^ (~e & g)) + unchecked(K[i]) + unchecked(W[i]);
    const s0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22);
    const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  unchecked((H[0] += a));
  unchecked((H[1] += b));
  unchecked((H[2] += c));
  unchecked((H[3] += d));
  unchecked((H[4] += e));
  unchecked((H[5] += f));
  unchecked((H[6] += g));
  unchecked((H[7] += h));
}

/** @param rounds megabytes */
export function run(rounds: i32): f64 {
  constants();
  for (let i = 0; i < DATA.length; i++) unchecked((DATA[i] = <u8>(i * 31)));
  for (let i = 0; i < 8; i++) H[i] = 0x6a09e667 ^ (i * 0x9e3779b9);
  for (let round = 0; round < rounds; round++)
    for (let at = 0; at < DATA.length; at += 64) compress(changetype<usize>(DATA) + at);
  let sum: u32 = 0;
  for (let i = 0; i < 8; i++) sum ^= H[i];
  return <f64>sum;
}
