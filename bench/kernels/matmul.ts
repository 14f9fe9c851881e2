// Matrices of 128 × 128 multiplied: floating point and strided loads.
const N = 128;
const A: StaticArray<f64> = new StaticArray<f64>(N * N);
const B: StaticArray<f64> = new StaticArray<f64>(N * N);
const C: StaticArray<f64> = new StaticArray<f64>(N * N);

function multiply(): void {
  for (let i = 0; i < N; i++)
    for (let j = 0; j < N; j++) {
      let sum: f64 = 0;
      for (let k = 0; k < N; k++) sum += unchecked(A[i * N + k] * B[k * N + j]);
      unchecked((C[i * N + j] = sum));
    }
}

/** @param rounds products */
export function run(rounds: i32): f64 {
  for (let i = 0; i < N * N; i++) {
    A[i] = <f64>(i % 17) * 0.25;
    B[i] = <f64>(i % 23) * 0.125;
  }
  for (let round = 0; round < rounds; round++) {
    multiply();
    A[round % N] = C[round % N] * 1e-6;
  }
  let sum: f64 = 0;
  for (let i = 0; i < N * N; i++) sum += C[i];
  return sum;
}
