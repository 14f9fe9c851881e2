// Each answers the length of what starts at `at`, or 0. None starts or ends inside a word.
import { byteAt, isAlphanumeric, isDigit, isLetter, isWordByte } from './letters';

/** The length of an IBAN by country, from the SWIFT registry. */
const IBANS =
  'AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22' +
  'GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31' +
  'MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24' +
  'XK20YE30';

/** `local@label.label`, ASCII, as common software accepts it: dots neither at the ends nor doubled, a last label of letters. */
export function email(at: usize, end: usize): usize {
  let stop = at;
  while (stop - at < 64 && isLocal(byteAt(stop, end))) stop++;
  if (byteAt(stop, end) != 0x40 || stop == at || load<u8>(at) == 0x2e || load<u8>(stop - 1) == 0x2e) return 0;
  for (let i = at; i < stop; i++) if (load<u8>(i) == 0x2e && load<u8>(i + 1) == 0x2e) return 0;
  const length = domain(stop + 1, end);
  return length == 0 ? 0 : stop + 1 - at + length;
}

function isLocal(byte: u32): bool {
  return isAlphanumeric(byte) || byte == 0x2e || byte == 0x5f || byte == 0x25 || byte == 0x2b || byte == 0x2d;
}

/** The longest host name with at least two labels. */
function domain(start: usize, end: usize): usize {
  let length: usize = 0;
  let at = start;
  for (let labels = 1; ; labels++) {
    const label = at;
    let letters = true;
    for (; isAlphanumeric(byteAt(at, end)) || byteAt(at, end) == 0x2d; at++)
      letters = letters && isLetter(load<u8>(at));
    const isEdge = at == label || load<u8>(label) == 0x2d || load<u8>(at - 1) == 0x2d;
    if (isEdge || at - label > 63) break;
    if (labels > 1 && letters && at - label > 1 && !isWordByte(byteAt(at, end))) length = at - start;
    if (byteAt(at++, end) != 0x2e) break;
  }
  return length;
}

/** ISO 13616, in capitals, with single spaces anywhere: the country's length and the check digits (mod 97) must be right. */
export function iban(at: usize, end: usize): usize {
  const wanted = isLetter(byteAt(at, end)) ? ibanLength(load<u8>(at), byteAt(at + 1, end)) : 0;
  if (wanted == 0) return 0;
  let count = 0;
  let rest = 0;
  let head = 0;
  let stop = at;
  while (count < wanted) {
    if (count > 0 && byteAt(stop, end) == 0x20) stop++;
    const byte = byteAt(stop++, end);
    const digit = isDigit(byte);
    const letter = byte - 0x41 < 26;
    // Two letters, two digits, then either.
    if (count < 2 ? !letter : count < 4 ? !digit : !digit && !letter) return 0;
    const value = digit ? byte - 0x30 : byte - 0x37;
    // The first four count as if they came last.
    if (count < 4) head = head * (digit ? 10 : 100) + value;
    else rest = (rest * (digit ? 10 : 100) + value) % 97;
    count++;
  }
  if (isWordByte(byteAt(stop, end)) || (rest * 1_000_000 + head) % 97 != 1) return 0;
  return stop - at;
}

function ibanLength(first: u32, second: u32): i32 {
  for (let i = 0; i < IBANS.length; i += 4) {
    if ((IBANS.charCodeAt(i) as u32) != first || (IBANS.charCodeAt(i + 1) as u32) != second) continue;
    return IBANS.charCodeAt(i + 2) * 10 + IBANS.charCodeAt(i + 3) - 528;
  }
  return 0;
}

/**
 * ISO/IEC 7812: 13 to 19 digits, the first 2 to 6, single spaces or hyphens between them, Luhn's check digit. Of several
 * such ends the last.
 */
export function card(at: usize, end: usize): usize {
  if (byteAt(at, end) - 0x32 > 4) return 0;
  let sum = 0;
  let other = 0; // The sum, had the number one digit more: which digits are doubled counts from the end.
  let count = 0;
  let stop = at;
  for (let next = at; count < 19 && isDigit(byteAt(next, end));) {
    const digit = load<u8>(next) - 0x30;
    const swap = sum;
    sum = other + digit;
    other = swap + (digit > 4 ? 2 * digit - 9 : 2 * digit);
    count++;
    const follows = byteAt(++next, end);
    if (count >= 13 && sum % 10 == 0 && !isWordByte(follows)) stop = next;
    if (follows == 0x20 || follows == 0x2d) next++;
  }
  return stop - at;
}

/**
 * `+` or `00` and 8 to 15 digits; or a national number of 9 to 12 digits that starts with 0 or `(`; or ddd-ddd-dddd.
 * Between digits: one of space, hyphen, dot, slash, and brackets around a group.
 */
export function phone(at: usize, end: usize): usize {
  const first = byteAt(at, end);
  const isPlus = first == 0x2b;
  let stop = at;
  let next = isPlus ? at + 1 : at;
  let count = 0;
  let open = false;
  for (let gap = 0; count < 18; next++) {
    const byte = byteAt(next, end);
    if (isDigit(byte)) {
      count++;
      gap = 0;
      stop = next + 1;
    } else if (byte == 0x28 && !open) {
      open = true;
    } else if (byte == 0x29 && open) {
      open = false;
    } else if ((byte == 0x20 || byte == 0x2d || byte == 0x2e || byte == 0x2f) && count > 0 && ++gap == 1) {
      continue;
    } else break;
  }
  const follows = byteAt(stop, end);
  if (isWordByte(follows) || follows == 0x3a || follows == 0x40) return 0;
  if (isPlus) return count >= 8 && count <= 15 ? stop - at : 0;
  if (first == 0x30 && byteAt(at + 1, end) == 0x30) return count >= 10 && count <= 17 ? stop - at : 0;
  if (first == 0x30 || first == 0x28) return count >= 9 && count <= 12 ? stop - at : 0;
  const isGrouped = stop - at == 12 && isGap(at + 3) && isGap(at + 7);
  return isGrouped && count == 10 ? stop - at : 0;
}

function isGap(at: usize): bool {
  return !isDigit(load<u8>(at));
}
