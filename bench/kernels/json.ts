// Reads a JSON text and counts what is in it: a recursive parser over bytes, with a switch in its loop.
const ITEM = '{"id":12345,"name":"Ada \\"the\\" first","tags":["a","b",[true,false,null]],"at":{"x":-1.5e3,"y":0.25}}';
const TEXT = new StaticArray<u8>(200_000);
let at: i32 = 0;
let end: i32 = 0;
let hash: u32 = 0;

function fill(): void {
  let n = 0;
  TEXT[n++] = 0x5b;
  while (n + ITEM.length + 2 < TEXT.length) {
    if (n > 1) TEXT[n++] = 0x2c;
    for (let i = 0; i < ITEM.length; i++) TEXT[n++] = <u8>ITEM.charCodeAt(i);
  }
  TEXT[n++] = 0x5d;
  end = n;
}

function peek(): i32 {
  return at < end ? <i32>unchecked(TEXT[at]) : -1;
}

function text(): void {
  at++;
  for (let c = peek(); c != 0x22; c = peek()) {
    if (c == 0x5c) at++;
    hash = hash * 31 + <u32>peek();
    at++;
  }
  at++;
}

function number(): f64 {
  let sign: f64 = 1,
    value: f64 = 0,
    scale: f64 = 1;
  let fraction = false;
  for (let c = peek(); c == 0x2d || c == 0x2e || c == 0x65 || (c >= 0x30 && c <= 0x39); c = peek()) {
    if (c == 0x2d) sign = -sign;
    else if (c == 0x2e) fraction = true;
    else if (c != 0x65) {
      value = value * 10 + <f64>(c - 0x30);
      if (fraction) scale *= 10;
    }
    at++;
  }
  return (sign * value) / scale;
}

function value(): f64 {
  let sum: f64 = 0;
  switch (peek()) {
    case 0x7b:
    case 0x5b: {
      at++;
      while (peek() != 0x7d && peek() != 0x5d) {
        sum += value();
        if (peek() == 0x3a || peek() == 0x2c) at++;
      }
      at++;
      return sum;
    }
    case 0x22:
      text();
      return 1;
    case 0x74:
    case 0x6e:
      at += 4;
      return 2;
    case 0x66:
      at += 5;
      return 3;
    default:
      return number();
  }
}

/** @param rounds readings of 200 kB */
export function run(rounds: i32): f64 {
  fill();
  hash = 0;
  let sum: f64 = 0;
  for (let i = 0; i < rounds; i++) {
    at = 0;
    sum += value();
  }
  return sum + <f64>hash;
}
