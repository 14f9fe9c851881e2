/** A process of its own for what is measured: the relay's radio, or a bare `ws` echo. Told what to be and asked by messages. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { openRadio, RADIO_LIMITS } from '../../relay/radio';

export interface Usage {
  rss: number;
  /** Microseconds of processor, user and system. */
  cpu: number;
  /** Resident bytes at most, since it started. */
  most: number;
  members: number;
  reservations: number;
}

const PATIENT_MS = 120_000;
const [what = '', key = ''] = process.argv.slice(2);
const server = createServer((_, response) => response.writeHead(404).end());
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;

let peer = '';
let look = (): { connections: number; reservations: number } => ({ connections: 0, reservations: 0 });
if (what === 'radio') {
  // Everybody comes from this machine here.
  const { connections, reservations, strangers } = RADIO_LIMITS;
  const limits = {
    connectionsPerAddress: connections,
    reservationsPerAddress: reservations,
    strangersPerAddress: strangers,
    strangersPerSite: strangers,
    // Members and relay share a machine here, which may be busy.
    strangerMs: PATIENT_MS,
    upgradeMs: PATIENT_MS,
    hopMs: PATIENT_MS,
  };
  const announce = [`/ip4/127.0.0.1/tcp/${String(port)}/ws`];
  const radio = await openRadio({
    seed: new Uint8Array(32).fill(1),
    keys: [Buffer.from(key, 'hex')],
    announce,
    limits,
  });
  server.on('upgrade', radio.upgrade);
  look = () => radio.status();
  peer = radio.peer;
} else {
  const echo = new WebSocketServer({ server, perMessageDeflate: false });
  echo.on('connection', (socket) => {
    socket
      .on('error', () => undefined)
      .on('message', (data) => {
        socket.send(data as Buffer);
      });
  });
}

process.on('message', () => {
  globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const { connections: members, reservations } = look();
  const most = process.resourceUsage().maxRSS * 1024;
  process.send!({
    rss: process.memoryUsage().rss,
    cpu: user + system,
    most,
    members,
    reservations,
  } satisfies Usage);
});
process.on('disconnect', () => process.exit(0));
process.send!({ port, peer });
