/** The relay's side of src/mesh/admission.ts over the mesh: a member brings the key that its network will have next. */
import type { Libp2p, Stream } from '@libp2p/interface';
import { byteStream } from '@libp2p/utils';
import { ADMISSION, ADMITTED } from '../../src/mesh/admission';
import { NETWORK_KEY_BYTES } from '../../src/mesh/pnet';

/** `admit`: false when the relay has as many networks as it takes. */
export async function serveAdmission(
  node: Libp2p,
  requestMs: number,
  admit: (key: Uint8Array) => Promise<boolean>,
): Promise<void> {
  const answer = async (stream: Stream): Promise<void> => {
    const signal = AbortSignal.timeout(requestMs);
    try {
      const bytes = byteStream(stream, { maxBufferSize: NETWORK_KEY_BYTES });
      const key = (await bytes.read({ bytes: NETWORK_KEY_BYTES, signal })).subarray();
      const admitted = await admit(key);
      await bytes.write(Uint8Array.of(admitted ? ADMITTED.yes : ADMITTED.full), { signal });
      await stream.close({ signal });
    } catch (error) {
      stream.abort(error as Error);
    }
  };
  await node.handle(ADMISSION, answer, { maxInboundStreams: 1 });
}
