/** A whole number as decimal text; smaller code than the compiler's own, which knows every radix. */
export function decimal(value: i64): string {
  let text = '';
  let rest = value < 0 ? -value : value;
  do {
    text = String.fromCharCode(0x30 + ((rest % 10) as i32)) + text;
    rest /= 10;
  } while (rest > 0);
  return value < 0 ? '-' + text : text;
}
