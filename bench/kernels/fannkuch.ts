// Permutations flipped (fannkuch): short loops and branches that are hard to guess.
const N = 9;

function flips(): i32 {
  const p = new StaticArray<i32>(N),
    q = new StaticArray<i32>(N),
    count = new StaticArray<i32>(N);
  for (let i = 0; i < N; i++) p[i] = i;
  let most = 0,
    sign = 1,
    checksum = 0,
    r = N;
  while (r < N + 1) {
    for (; r != 1; r--) unchecked((count[r - 1] = r));
    for (let i = 0; i < N; i++) unchecked((q[i] = p[i]));
    let flips = 0;
    for (let k = unchecked(q[0]); k != 0; k = unchecked(q[0])) {
      for (let i = 0, j = k; i < j; i++, j--) {
        const t = unchecked(q[i]);
        unchecked((q[i] = q[j]));
        unchecked((q[j] = t));
      }
      flips++;
    }
    if (flips > most) most = flips;
    checksum += sign * flips;
    sign = -sign;
    for (;;) {
      if (r == N) return checksum * 100 + most;
      const first = unchecked(p[0]);
      for (let i = 0; i < r; i++) unchecked((p[i] = p[i + 1]));
      unchecked((p[r] = first));
      unchecked((count[r] -= 1));
      if (unchecked(count[r]) > 0) break;
      r++;
    }
  }
  return 0;
}

/** @param rounds of all permutations of 9 */
export function run(rounds: i32): f64 {
  let sum = 0;
  for (let i = 0; i < rounds; i++) sum += flips();
  return <f64>sum;
}
