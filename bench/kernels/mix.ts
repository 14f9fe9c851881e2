// The mixture of CoreMark: a linked list sorted and searched, small matrices, a state machine over text, CRC-16 of it all.
class Item {
  next: Item | null = null;
  constructor(public value: i32) {}
}

function crc(data: u32, sum: u32): u32 {
  for (let i = 0; i < 16; i++) {
    const carry = ((data ^ sum) & 1) != 0;
    data >>= 1;
    sum >>= 1;
    if (carry) sum ^= 0xa001;
  }
  return sum;
}

function merged(a: Item | null, b: Item | null): Item | null {
  const head = new Item(0);
  let last = head;
  while (a && b) {
    if (a.value <= b.value) {
      last.next = a;
      a = a.next;
    } else {
      last.next = b;
      b = b.next;
    }
    last = last.next!;
  }
  last.next = a ? a : b;
  return head.next;
}

function sorted(list: Item | null): Item | null {
  if (!list || !list.next) return list;
  let slow: Item = list,
    fast: Item | null = list.next;
  while (fast && fast.next) {
    slow = slow.next!;
    fast = fast.next!.next;
  }
  const second = slow.next;
  slow.next = null;
  return merged(sorted(list), sorted(second));
}

function lists(seed: i32): u32 {
  let list: Item | null = null;
  for (let i = 0; i < 500; i++) {
    const item = new Item((i * 7919 + seed * 31) & 0x3ff);
    item.next = list;
    list = item;
  }
  let sum: u32 = 0;
  let item = sorted(list);
  while (item) {
    sum = crc(item.value, sum);
    item = item.next;
  }
  return sum;
}

const N = 24;
const A = new StaticArray<i32>(N * N),
  B = new StaticArray<i32>(N * N);
function matrices(seed: i32): u32 {
  for (let i = 0; i < N * N; i++) {
    unchecked((A[i] = (i * seed) & 0xff));
    unchecked((B[i] = (i + seed) & 0x7f));
  }
  let sum: u32 = 0;
  for (let i = 0; i < N; i++)
    for (let j = 0; j < N; j++) {
      let cell = 0;
      for (let k = 0; k < N; k++) cell += unchecked(A[i * N + k] * B[k * N + j]);
      sum = crc((<u32>(cell >> 2)) & 0xffff, sum);
    }
  return sum;
}

const TEXT =
  '5012,1234,-874,+122,35.54400,.1234500,-110.700,+0.64400,5.500e+3,-.123e-2,-87e+832,+0.6e-12,T0.3e-1F,-T.T++Tq,1T3.4e4z,34.0e-T^';
function machine(seed: i32): u32 {
  let state = 0;
  let sum: u32 = 0;
  for (let i = 0; i < TEXT.length; i++) {
    const c = TEXT.charCodeAt((i + seed) % TEXT.length);
    const digit = c >= 0x30 && c <= 0x39;
    switch (state) {
      case 0:
        state = digit ? 2 : c == 0x2b || c == 0x2d ? 1 : c == 0x2e ? 3 : 6;
        break;
      case 1:
        state = digit ? 2 : c == 0x2e ? 3 : 6;
        break;
      case 2:
        state = c == 0x2e ? 3 : c == 0x2c ? 0 : digit ? 2 : 6;
        break;
      case 3:
        state = c == 0x65 ? 4 : c == 0x2c ? 0 : digit ? 3 : 6;
        break;
      case 4:
        state = c == 0x2b || c == 0x2d ? 5 : 6;
        break;
      case 5:
        state = c == 0x2c ? 0 : digit ? 5 : 6;
        break;
      default:
        if (c == 0x2c) state = 0;
    }
    sum = crc(state, sum);
  }
  return sum;
}

/** @param rounds / 10 */
export function run(rounds: i32): f64 {
  let sum: u32 = 0;
  const start = heap.alloc(16);
  for (let i = 0; i < rounds * 10; i++) {
    sum = crc(lists(i), sum);
    sum = crc(matrices(i), sum);
    for (let k = 0; k < 10; k++) sum = crc(machine(i + k), sum);
    heap.reset();
  }
  return <f64>(sum + (start == 0 ? 1 : 0));
}
