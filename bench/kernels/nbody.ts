// Five bodies under gravity: floating point, with a square root and divisions.
const N = 5;
const P: StaticArray<f64> = new StaticArray<f64>(7 * N);

function place(i: i32, x: f64, y: f64, z: f64, vx: f64, vy: f64, vz: f64, mass: f64): void {
  const at = 7 * i;
  P[at] = x;
  P[at + 1] = y;
  P[at + 2] = z;
  P[at + 3] = vx;
  P[at + 4] = vy;
  P[at + 5] = vz;
  P[at + 6] = mass;
}

function advance(dt: f64): void {
  for (let i = 0; i < N; i++) {
    const a = 7 * i;
    for (let j = i + 1; j < N; j++) {
      const b = 7 * j;
      const dx = unchecked(P[a] - P[b]),
        dy = unchecked(P[a + 1] - P[b + 1]),
        dz = unchecked(P[a + 2] - P[b + 2]);
      const square = dx * dx + dy * dy + dz * dz;
      const pull = dt / (square * Math.sqrt(square));
      const ma = unchecked(P[a + 6]) * pull,
        mb = unchecked(P[b + 6]) * pull;
      unchecked((P[a + 3] -= dx * mb));
      unchecked((P[a + 4] -= dy * mb));
      unchecked((P[a + 5] -= dz * mb));
      unchecked((P[b + 3] += dx * ma));
      unchecked((P[b + 4] += dy * ma));
      unchecked((P[b + 5] += dz * ma));
    }
  }
  for (let a = 0; a < 7 * N; a += 7) for (let k = 0; k < 3; k++) unchecked((P[a + k] += dt * P[a + 3 + k]));
}

/** @param rounds steps / 1,000 */
export function run(rounds: i32): f64 {
  place(0, 0, 0, 0, 0, 0, 0, 39.5);
  place(1, 4.84, -1.16, -0.1, 0.6, 2.81, -0.02, 0.038);
  place(2, 8.34, 4.12, -0.4, -1.01, 1.82, 0.008, 0.011);
  place(3, 12.9, -15.1, -0.22, 1.08, 0.87, -0.01, 0.0017);
  place(4, 15.4, -25.9, 0.18, 0.98, 0.59, -0.03, 0.002);
  for (let i = 0; i < rounds * 1000; i++) advance(0.01);
  let sum: f64 = 0;
  for (let i = 0; i < 7 * N; i++) sum += P[i];
  return sum;
}
