import type { Connection } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { streamPair } from '@libp2p/utils';
import { expect, test } from 'vitest';
import { publicKeyOf } from '../../crypto';
import { peerIdOf } from '../peer-id';
import { testSeed } from '../testkit';
import { Libp2pStream } from './stream';

const peer = peerIdOf(publicKeyOf(testSeed(1)));
/** As much of a connection as a stream asks of it. */
const connection = { remotePeer: peerIdFromString(peer), direct: true, status: 'open' } as Connection;

test('every write that fills the way waits for a drain of its own, not for one that has been', async () => {
  const [stream] = await streamPair({ capacity: 1 });
  let drains = 0;
  stream.addEventListener('drain', () => (drains += 1));
  let filled = 0;
  const send = stream.send.bind(stream);
  stream.send = (bytes) => {
    const more = send(bytes);
    if (!more) filled += 1;
    return more;
  };
  const out = new Libp2pStream(stream, connection, () => undefined);
  for (let i = 0; i < 12; i++) {
    const before = { filled, drains };
    await out.write(new Uint8Array(8));
    if (filled > before.filled) expect(drains).toBeGreaterThan(before.drains);
  }
  expect(filled).toBeGreaterThan(2);
});

test('a write that waits is lost with the stream', async () => {
  const [stream] = await streamPair({ capacity: 1 });
  const out = new Libp2pStream(stream, connection, () => undefined);
  const writes = Promise.all(Array.from({ length: 4 }, () => out.write(new Uint8Array(8))));
  out.reset();
  await expect(writes).rejects.toMatchObject({ code: 'stream_reset' });
});
