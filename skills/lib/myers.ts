// The shortest edit script between two sequences of numbers: Myers, "An O(ND) difference algorithm and its variations"
// (1986), section 4b, in linear space.

/** A diagonal that no path has reached. */
const NONE: i32 = -0x4000_0000;

export class EditScript {
  /** Of `a`, what is not in `b`; of `b`, what was not in `a`. */
  removed: StaticArray<bool>;
  added: StaticArray<bool>;
  private forward: StaticArray<i32>;
  private backward: StaticArray<i32>;
  /** Where a middle snake ends, relative to the part that is compared. */
  private x: i32 = 0;
  private y: i32 = 0;

  constructor(
    private a: StaticArray<i32>,
    private b: StaticArray<i32>,
  ) {
    const diagonals = a.length + b.length + 3;
    this.removed = new StaticArray<bool>(a.length);
    this.added = new StaticArray<bool>(b.length);
    this.forward = new StaticArray<i32>(diagonals);
    this.backward = new StaticArray<i32>(diagonals);
    this.compare(0, a.length, 0, b.length);
  }

  /** Halves the problem at a middle snake, so that the recursion is as deep as the script's length has bits. */
  private compare(a0: i32, a1: i32, b0: i32, b1: i32): void {
    while (a0 < a1 && b0 < b1 && this.a[a0] == this.b[b0]) {
      a0++;
      b0++;
    }
    while (a0 < a1 && b0 < b1 && this.a[a1 - 1] == this.b[b1 - 1]) {
      a1--;
      b1--;
    }
    if (a0 == a1 || b0 == b1) {
      for (; a0 < a1; a0++) this.removed[a0] = true;
      for (; b0 < b1; b0++) this.added[b0] = true;
      return;
    }
    this.findMiddle(a0, a1, b0, b1);
    const x = a0 + this.x;
    const y = b0 + this.y;
    this.compare(a0, x, b0, y);
    this.compare(x, a1, y, b1);
  }

  private findMiddle(a0: i32, a1: i32, b0: i32, b1: i32): void {
    const n = a1 - a0;
    const m = b1 - b0;
    const delta = n - m;
    const odd = (delta & 1) != 0;
    for (let d = 0; ; d++) {
      // Diagonals that lie in the grid.
      const low = -d + 2 * max(0, d - m);
      const high = d - 2 * max(0, d - n);
      for (let k = low; k <= high; k += 2) {
        let x = step(this.forward, k, d, n, m);
        while (x >= 0 && x < n && x - k < m && this.a[a0 + x] == this.b[b0 + x - k]) x++;
        this.forward[k + m + 1] = x;
        const met = odd && abs(delta - k) < d && x + this.backward[delta - k + m + 1] >= n;
        if (met) return this.meet(x, x - k);
      }
      for (let k = low; k <= high; k += 2) {
        let x = step(this.backward, k, d, n, m);
        while (x >= 0 && x < n && x - k < m && this.a[a1 - 1 - x] == this.b[b1 - 1 - x + k]) x++;
        this.backward[k + m + 1] = x;
        const met = !odd && abs(delta - k) <= d && x + this.forward[delta - k + m + 1] >= n;
        if (met) return this.meet(n - x, m - x + k);
      }
    }
  }

  private meet(x: i32, y: i32): void {
    this.x = x;
    this.y = y;
  }
}

/** The furthest that one more edit gets on diagonal `k`, before any snake. */
function step(furthest: StaticArray<i32>, k: i32, d: i32, n: i32, m: i32): i32 {
  if (d == 0) return 0;
  const down = k < d ? furthest[k + m + 2] : NONE;
  const right = k > -d ? furthest[k + m] + 1 : NONE;
  const x = max(down - k <= m ? down : NONE, right <= n ? right : NONE);
  return x < 0 ? NONE : x;
}
