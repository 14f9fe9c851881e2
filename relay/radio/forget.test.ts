import { identify } from '@libp2p/identify';
import { noise } from '@libp2p/noise';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import { afterEach, expect, test, vi } from 'vitest';
import { twoKeyProtector } from '../../src/mesh/pnet';
import { forgetWhoLeft } from './forget';
import { randomKey, startMember } from './testkit';

const opened: { stop(): Promise<void> | void }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.stop();
});

test('ATTACK: of peers that come and go nothing is kept, of those that are there it is', async () => {
  const mesh = randomKey();
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionProtector: twoKeyProtector({ mesh }),
    // They come faster than libp2p's five a second from one address.
    connectionManager: { inboundConnectionThreshold: Infinity },
    services: { identify: identify() },
  });
  opened.push(node);
  forgetWhoLeft(node);
  const come = async () => {
    const member = await startMember(mesh);
    opened.push(member);
    const known = new Promise((resolve) => node.addEventListener('peer:identify', resolve, { once: true }));
    await member.dial(node.getMultiaddrs());
    await known;
    return member;
  };
  const stays = await come();
  for (let i = 0; i < 20; i++) await (await come()).stop();
  await vi.waitFor(
    async () => expect((await node.peerStore.all()).map(({ id }) => String(id))).toEqual([String(stays.peerId)]),
    { timeout: 60_000, interval: 20 },
  );
});
