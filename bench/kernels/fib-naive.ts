// Nothing but calls, as it is written down: V8 puts the plain one's calls in each other's place, and a metered one's rarely.
function fib(n: i32): i32 {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

/** @param rounds */
export function run(rounds: i32): f64 {
  let sum = 0;
  for (let i = 0; i < rounds; i++) sum += fib(25 + (i & 1));
  return <f64>sum;
}
