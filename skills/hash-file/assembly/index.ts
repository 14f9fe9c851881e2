import { answer } from '../../lib/abi';
import { ByteWriter } from '../../lib/bytes';
import { sha256 } from '../../lib/sha256';

export { alloc } from '../../lib/abi';

/** Any bytes → `{"bytes":…,"sha256":"…"}` */
export function run(pointer: usize, length: usize): i64 {
  const digest = sha256(pointer, length);
  const out = new ByteWriter(128);
  out.ascii('{"bytes":');
  out.ascii(length.toString());
  out.ascii(',"sha256":"');
  for (let word = 0; word < 8; word++) {
    for (let shift = 28; shift >= 0; shift -= 4) {
      const nibble = (digest[word] >> shift) & 15;
      out.u8(nibble < 10 ? 0x30 + nibble : 0x57 + nibble);
    }
  }
  out.ascii('"}');
  return answer(out);
}
