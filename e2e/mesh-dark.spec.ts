import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { crc32 } from 'node:zlib';
import type { Page } from '@playwright/test';
import { expect, test } from './lib/fixtures';
import { twoMembers, view } from './lib/members';
import { call } from './lib/node';

/** UDP ports at which the page's open connections listen, by the browser's own account. */
function webRtcPorts(page: Page): Promise<number[]> {
  return page.evaluate(async () => {
    const { connections } = globalThis as unknown as { connections: RTCPeerConnection[] };
    const ports: number[] = [];
    for (const connection of connections.filter(({ connectionState }) => connectionState === 'connected')) {
      (await connection.getStats()).forEach((one: { type: string; protocol?: string; port?: number }) => {
        if (one.type === 'local-candidate' && one.protocol === 'udp' && one.port) ports.push(one.port);
      });
    }
    return ports;
  });
}

/** RFC 8489, a binding request by somebody who knows no user name; with its FINGERPRINT, or ICE drops it unread. */
function stunRequest(): Buffer {
  const message = Buffer.concat([Buffer.from('000100082112a442', 'hex'), randomBytes(12)]);
  const fingerprint = Buffer.from('8028000400000000', 'hex');
  fingerprint.writeUInt32BE((crc32(message) ^ 0x5354554e) >>> 0, 4);
  return Buffer.concat([message, fingerprint]);
}

/** RFC 6347, a ClientHello of DTLS 1.2 with one cipher suite. */
function clientHello(): Buffer {
  const body = Buffer.concat([Buffer.from('fefd', 'hex'), randomBytes(32), Buffer.from('00000002c02b0100', 'hex')]);
  const length = Buffer.from([0, 0, body.length]);
  const handshake = Buffer.concat([Buffer.from([1]), length, Buffer.alloc(5), length, body]);
  return Buffer.concat([Buffer.from('16fefd0000000000000000', 'hex'), Buffer.from([0, handshake.length]), handshake]);
}

const bound = (socket: Socket): Promise<void> => new Promise((resolve) => socket.bind(0, '0.0.0.0', resolve));

test('@chromium ATTACK: who probes the WebRTC port by STUN and DTLS learns that there is ICE, and nobody’s name', async ({
  browser,
  baseURL,
}) => {
  const [a, b] = await twoMembers(browser, baseURL!);
  const ports = (await Promise.all([a, b].map(webRtcPorts))).flat();
  expect(ports.length).toBeGreaterThan(0);

  const addresses = Object.values(networkInterfaces()).flatMap((all) =>
    (all ?? []).filter(({ family }) => family === 'IPv4').map(({ address }) => address),
  );
  const heard: Buffer[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (message) => heard.push(message));
  await bound(socket);
  const probe = (): void => {
    for (const port of ports) {
      for (const address of addresses) {
        socket.send(clientHello(), port, address);
        socket.send(stunRequest(), port, address);
      }
    }
  };
  // Nothing at all would be no proof that the port was met: what STUN answers shows that it was.
  await expect
    .poll(() => {
      probe();
      return heard.length;
    })
    .toBeGreaterThan(0);
  socket.close();

  const { members } = await view(a);
  const names = members.flatMap(({ peer, key, name }) => [
    Buffer.from(peer),
    Buffer.from(key, 'hex'),
    Buffer.from(name),
  ]);
  for (const answer of heard) {
    // An error of STUN's (0x0111), bare of anything but the reason; never a DTLS record.
    expect(answer.subarray(0, 2).toString('hex')).toBe('0111');
    expect(answer.length).toBeLessThan(128);
    for (const name of names) expect(answer.includes(name)).toBe(false);
  }
  // And the link has not noticed.
  expect(await call(a, 'MeshDial', { addr: members.find(({ self }) => !self)!.peer })).toBe(
    'Connected to Phone directly.',
  );
  await a.context().close();
  await b.context().close();
});
