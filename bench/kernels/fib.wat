;; Nothing but calls, as clang -O2 compiles them (Debian clang 14, wasm32): of two calls one has become a loop.
;;   static int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
;;   double run(int rounds) { int sum = 0; for (int i = 0; i < rounds; i++) sum += fib(25 + (i & 1)); return sum; }
;; In text, since AssemblyScript leaves both calls, and not every machine that runs the benchmark has clang.
(module
  (func $run (export "run") (param $rounds i32) (result f64)
    (local $i i32) (local $sum i32)
    (block $some
      (br_if $some (i32.ge_s (local.get $rounds) (i32.const 1)))
      (return (f64.const 0)))
    (local.set $i (i32.const 0))
    (local.set $sum (i32.const 0))
    (loop $again
      (local.set $sum
        (i32.add
          (call $fib (i32.add (i32.and (local.get $i) (i32.const 1)) (i32.const 25)))
          (local.get $sum)))
      (br_if $again (i32.ne (local.get $rounds) (local.tee $i (i32.add (local.get $i) (i32.const 1))))))
    (f64.convert_i32_s (local.get $sum)))
  (func $fib (param $n i32) (result i32)
    (local $sum i32) (local $more i32) (local $rest i32)
    (block $two
      (br_if $two (i32.ge_s (local.get $n) (i32.const 2)))
      (return (i32.add (local.get $n) (i32.const 0))))
    (local.set $sum (i32.const 0))
    (loop $again
      (local.set $sum
        (i32.add (call $fib (i32.add (local.get $n) (i32.const -1))) (local.get $sum)))
      (local.set $more (i32.gt_u (local.get $n) (i32.const 3)))
      (local.set $n (local.tee $rest (i32.add (local.get $n) (i32.const -2))))
      (br_if $again (local.get $more)))
    (i32.add (local.get $rest) (local.get $sum))))
