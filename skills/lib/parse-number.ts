// Text to double, correctly rounded: the compiler's own parseFloat is off by one bit for about one number in 70 of
// those with large exponents, and a hash tells.
import { Big } from './big';

/** Digits that can matter: no halfway point between two doubles has more than 767. */
const MAX_DIGITS = 768;

// Used again for every number: nothing is freed.
const dividend = new Big();
const divisor = new Big();

/** End of the JSON number (RFC 8259 §6) that starts at `at`, or 0 when there is none. */
export function scanNumber(at: usize, end: usize): usize {
  if (at < end && load<u8>(at) == 0x2d) at++;
  const whole = at;
  at = scanDigits(at, end);
  if (at == whole || (load<u8>(whole) == 0x30 && at > whole + 1)) return 0;
  if (at < end && load<u8>(at) == 0x2e) {
    const fraction = at + 1;
    at = scanDigits(fraction, end);
    if (at == fraction) return 0;
  }
  if (at < end && (load<u8>(at) | 0x20) == 0x65) {
    at++;
    if (at < end && (load<u8>(at) == 0x2b || load<u8>(at) == 0x2d)) at++;
    const exponent = at;
    at = scanDigits(exponent, end);
    if (at == exponent) return 0;
  }
  return at;
}

function scanDigits(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) - 0x30 < 10) at++;
  return at;
}

/** The double nearest to the JSON number from `start` to `end` (as scanNumber found it); infinite when it is too large. */
export function parseNumber(start: usize, end: usize): f64 {
  const negative = load<u8>(start) == 0x2d;
  let digits: u64 = 0; // The first 19 significant ones: what 64 bits surely hold.
  let count = 0;
  let exponent = 0;
  let inFraction = false;
  let at = negative ? start + 1 : start;
  const first = at;
  for (; at < end && (load<u8>(at) | 0x20) != 0x65; at++) {
    const byte = load<u8>(at);
    if (byte == 0x2e) {
      inFraction = true;
      continue;
    }
    if (inFraction) exponent--;
    if (count == 0 && byte == 0x30) continue;
    count++;
    if (count <= 19) digits = digits * 10 + (byte - 0x30);
  }
  const last = at;
  if (at < end) exponent += parseExponent(at + 1, end);
  const value = count <= 19 ? fromDigits(digits, exponent) : fromText(first, last, count, exponent);
  return negative ? -value : value;
}

/** Clamped: beyond ±100,000 all is zero or infinite, whatever digits stand before it. */
function parseExponent(at: usize, end: usize): i32 {
  const negative = load<u8>(at) == 0x2d;
  if (negative || load<u8>(at) == 0x2b) at++;
  let value = 0;
  for (; at < end; at++) value = min(value * 10 + (load<u8>(at) - 0x30), 100_000_000);
  return negative ? -value : value;
}

/** digits × 10^exponent */
function fromDigits(digits: u64, exponent: i32): f64 {
  if (digits == 0) return 0;
  // Both exact in a double, so that one operation rounds once (Clinger 1990).
  if (digits <= 1 << 53 && exponent >= -22 && exponent <= 22) {
    return exponent < 0 ? (digits as f64) / power10(-exponent) : (digits as f64) * power10(exponent);
  }
  if (exponent < 0 && exponent >= -27) return divide(digits, -exponent);
  dividend.set(digits);
  return fromBig(exponent, 19);
}

function power10(exponent: i32): f64 {
  let power = 1.0;
  for (; exponent > 0; exponent--) power *= 10;
  return power;
}

/** digits / 10^exponent for an exponent up to 27, where 5^exponent fits 63 bits: long division in one word. */
function divide(digits: u64, exponent: i32): f64 {
  let divisor: u64 = 1;
  for (let i = 0; i < exponent; i++) divisor *= 5;
  const shift = clz(digits) as i32;
  digits <<= shift;
  let quotient: u64 = 0;
  let rest: u64 = 0;
  let steps = 0;
  for (; steps < 64 || quotient < 1 << 55; steps++) {
    rest = (rest << 1) | (digits >> 63);
    digits <<= 1;
    quotient <<= 1;
    if (rest >= divisor) {
      rest -= divisor;
      quotient |= 1;
    }
  }
  return assemble(quotient, rest != 0, 64 - steps - shift - exponent);
}

/** The long way, for more digits than a word holds. */
function fromText(at: usize, end: usize, count: i32, exponent: i32): f64 {
  let taken = 0;
  let cut = false;
  dividend.set(0);
  for (; at < end; at++) {
    const byte = load<u8>(at);
    if (byte == 0x2e || (taken == 0 && byte == 0x30)) continue;
    if (taken < MAX_DIGITS) dividend.multiply(10, byte - 0x30);
    else if (byte != 0x30) cut = true;
    taken++;
  }
  if (count <= MAX_DIGITS) return fromBig(exponent, count);
  // One more digit stands for all that were cut: it only has to break ties.
  dividend.multiply(10, cut ? 1 : 0);
  return fromBig(exponent + count - MAX_DIGITS - 1, MAX_DIGITS + 1);
}

/** The dividend, of at most `count` digits, × 10^exponent: by long division, bit by bit. */
function fromBig(exponent: i32, count: i32): f64 {
  if (exponent > 310) return Infinity;
  if (exponent + count < -325) return 0;
  divisor.set(1);
  if (exponent >= 0) dividend.multiplyPower10(exponent);
  else divisor.multiplyPower10(-exponent);
  const shift = dividend.bits() - divisor.bits();
  if (shift > 0) divisor.shiftLeft(shift);
  else dividend.shiftLeft(-shift);
  let quotient: u64 = 0;
  for (let i = 0; i < 56; i++) {
    quotient <<= 1;
    if (dividend.compare(divisor) >= 0) {
      dividend.subtract(divisor);
      quotient |= 1;
    }
    dividend.shiftLeft(1);
  }
  return assemble(quotient, !dividend.isZero(), shift - 55);
}

/** quotient × 2^exponent, plus a little when `more`, rounded to nearest, ties to even, once. */
function assemble(quotient: u64, more: bool, exponent: i32): f64 {
  let drop = max(11 - (clz(quotient) as i32), -1074 - exponent);
  if (drop > 63) return 0;
  if (drop < 0) drop = 0;
  let kept = drop == 0 ? quotient : quotient >> drop;
  if (drop > 0) {
    const half = (1 as u64) << (drop - 1);
    const cut = quotient & ((half << 1) - 1);
    if (cut > half || (cut == half && (more || (kept & 1) == 1))) kept++;
  }
  exponent += drop;
  if (kept == 1 << 53) {
    kept >>= 1;
    exponent++;
  }
  if (exponent > 971) return Infinity;
  if (kept < 1 << 52) return reinterpret<f64>(kept); // Subnormal, or zero: then exponent is −1074.
  return reinterpret<f64>((((exponent + 1075) as u64) << 52) | (kept & 0xf_ffff_ffff_ffff));
}
