import { byteAt, isDigit, isWordByte } from './letters';

/** The length of the IPv4 address (four numbers to 255 without leading zeros) or IPv6 address at `at`, or 0. */
export function ip(at: usize, end: usize): usize {
  const stop = ipv4(at, end);
  if (stop > 0 && !goesOn(stop, end)) return stop - at;
  return ipv6(at, end);
}

/** Whether a word, or one more number after a dot, follows. */
function goesOn(at: usize, end: usize): bool {
  const byte = byteAt(at, end);
  return isWordByte(byte) || (byte == 0x2e && isDigit(byteAt(at + 1, end)));
}

/** Where it ends. */
function ipv4(at: usize, end: usize): usize {
  for (let part = 0; part < 4; part++, at++) {
    const first = at;
    let value: u32 = 0;
    for (; isDigit(byteAt(at, end)) && at - first < 3; at++) value = value * 10 + load<u8>(at) - 0x30;
    const isNumber = at > first && value < 256 && (at == first + 1 || load<u8>(first) != 0x30);
    if (!isNumber) return 0;
    if (part == 3) return at;
    if (byteAt(at, end) != 0x2e) return 0;
  }
  return 0;
}

/** RFC 4291, 2.2: eight groups, or fewer with one `::`; the last two may be an IPv4 address. */
function ipv6(start: usize, end: usize): usize {
  let at = start;
  let groups = 0;
  let gap = false;
  let named = false;
  if (byteAt(at, end) == 0x3a) {
    if (byteAt(at + 1, end) != 0x3a) return 0;
    gap = true;
    at += 2;
  }
  while (groups < 8) {
    const tail = groups < 7 ? ipv4(at, end) : 0;
    if (tail > 0) {
      at = tail;
      groups += 2;
      named = true;
      break;
    }
    const first = at;
    while (isHex(byteAt(at, end)) && at - first < 4) at++;
    if (at == first) break;
    groups++;
    named = true;
    if (byteAt(at, end) != 0x3a || groups == 8) break;
    if (byteAt(at + 1, end) == 0x3a) {
      if (gap) break;
      gap = true;
      at += 2;
    } else if (isHex(byteAt(at + 1, end))) at++;
    else break;
  }
  const isWhole = gap ? groups < 8 : groups == 8;
  const follows = byteAt(at, end);
  if (!isWhole || !named || isWordByte(follows) || (follows == 0x3a && isWordByte(byteAt(at + 1, end)))) return 0;
  return at - start;
}

function isHex(byte: u32): bool {
  return isDigit(byte) || (byte | 0x20) - 0x61 < 6;
}
