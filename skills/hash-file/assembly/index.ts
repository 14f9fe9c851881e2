import { answer } from '../../lib/abi';
import { ByteWriter } from '../../lib/bytes';
import { sha256, writeDigest } from '../../lib/sha256';

export { alloc } from '../../lib/abi';

/** Any bytes → `{"bytes":…,"sha256":"…"}` */
export function run(pointer: usize, length: usize): i64 {
  const digest = sha256(pointer, length);
  const out = new ByteWriter(128);
  out.ascii('{"bytes":');
  out.integer(length);
  out.ascii(',"sha256":"');
  writeDigest(out, digest);
  out.ascii('"}');
  return answer(out);
}
