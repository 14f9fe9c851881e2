// Double to text as ECMAScript's Number::toString and so RFC 8785 write it: the shortest digits that read back as the
// same double, and of those the nearest. (The compiler's own toString misses the nearest for a quarter of all numbers.)
import { Big } from './big';
import { ByteWriter } from './bytes';

// The value is rest / scale; halfway to its neighbours lie (rest − low) / scale and (rest + high) / scale.
const rest = new Big();
const scale = new Big();
const low = new Big();
const high = new Big();
const scratch = new Big();

/** Needs a finite value. */
export function writeNumber(out: ByteWriter, value: f64): void {
  if (value == 0) return out.u8(0x30); // Also for −0.
  if (value < 0) out.u8(0x2d);
  const digits = new StaticArray<u8>(18);
  const found = shortest(abs(value), digits);
  place(out, digits, found & 0xff, found >> 8);
}

/**
 * Free-format printing of Steele & White and Dybvig & Burger ("Printing floating-point numbers quickly and accurately",
 * 1996), in exact arithmetic. Returns `(point << 8) | count`: the value is 0.d₁d₂…d_count × 10^point.
 */
function shortest(value: f64, digits: StaticArray<u8>): i32 {
  const bits = reinterpret<u64>(value);
  const biased = (bits >> 52) as i32;
  const mantissa = (bits & 0xf_ffff_ffff_ffff) | (biased == 0 ? 0 : 1 << 52);
  const exponent = max(biased, 1) - 1075;
  const even = (mantissa & 1) == 0; // Then reading rounds to this value from either end of its interval.
  const narrow = biased > 1 && mantissa == 1 << 52; // The double below is only half as far as the one above.
  const extra = narrow ? 2 : 1;

  rest.set(mantissa);
  scale.set(1);
  low.set(1);
  rest.shiftLeft(extra + max(exponent, 0));
  scale.shiftLeft(extra + max(-exponent, 0));
  low.shiftLeft(max(exponent, 0));
  high.assign(low);
  if (narrow) high.shiftLeft(1);

  // A guess that is right or one too small, from the power of two below the value (× log₁₀ 2).
  const power = exponent + 63 - (clz<u64>(mantissa) as i32);
  let point = ceil((power as f64) * 0.30102999566398114 - 1e-9) as i32;
  if (point >= 0) scale.multiplyPower10(point);
  else {
    rest.multiplyPower10(-point);
    low.multiplyPower10(-point);
    high.multiplyPower10(-point);
  }
  if (highReaches(even)) point++;
  else times10();

  let count = 0;
  while (true) {
    let digit: u8 = 0;
    for (; rest.compare(scale) >= 0; digit++) rest.subtract(scale);
    const order = rest.compare(low);
    const belowLow = even ? order <= 0 : order < 0;
    const aboveHigh = highReaches(even);
    if (belowLow || aboveHigh) {
      if (aboveHigh && (!belowLow || isNearerNext(digit))) digit++;
      digits[count++] = digit;
      return (point << 8) | count;
    }
    digits[count++] = digit;
    times10();
  }
}

function times10(): void {
  rest.multiply(10);
  low.multiply(10);
  high.multiply(10);
}

/** rest + high ≥ scale, or > where the end of the interval does not belong to it. */
function highReaches(inclusive: bool): bool {
  scratch.assign(rest);
  scratch.add(high);
  const order = scratch.compare(scale);
  return inclusive ? order >= 0 : order > 0;
}

/** Of two digits that are equally near, the even one. */
function isNearerNext(digit: u8): bool {
  scratch.assign(rest);
  scratch.multiply(2);
  const order = scratch.compare(scale);
  return order > 0 || (order == 0 && (digit & 1) == 1);
}

/** ECMA-262 Number::toString, steps 6 to 12. */
function place(out: ByteWriter, digits: StaticArray<u8>, count: i32, point: i32): void {
  if (point > 21 || point < -5) {
    writeDigits(out, digits, 0, 1);
    if (count > 1) out.u8(0x2e);
    writeDigits(out, digits, 1, count);
    out.ascii(point > 0 ? 'e+' : 'e-');
    return out.integer(abs(point - 1));
  }
  if (point <= 0) {
    out.ascii('0.');
    for (let i = point; i < 0; i++) out.u8(0x30);
    return writeDigits(out, digits, 0, count);
  }
  writeDigits(out, digits, 0, min(point, count));
  for (let i = count; i < point; i++) out.u8(0x30);
  if (count > point) out.u8(0x2e);
  writeDigits(out, digits, point, count);
}

function writeDigits(out: ByteWriter, digits: StaticArray<u8>, from: i32, to: i32): void {
  for (let i = from; i < to; i++) out.u8(0x30 + digits[i]);
}

/** `count` numbers of an array, from `first` on, as JSON. */
export function writeNumbers(out: ByteWriter, numbers: StaticArray<f64>, first: i32, count: i32): void {
  out.u8(0x5b);
  for (let i = 0; i < count; i++) {
    if (i > 0) out.u8(0x2c);
    writeNumber(out, numbers[first + i]);
  }
  out.u8(0x5d);
}
