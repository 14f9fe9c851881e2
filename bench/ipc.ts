/** What remote control costs: a request to a node in this process, and over a daemon's socket. */
import { join } from 'node:path';
import { connectSocket } from '../cli/daemon/socket-stream';
import { serveSocket } from '../cli/daemon/socket';
import { systemSchedule } from '../src/mesh';
import { IpcClient } from '../src/mesh/ipc';
import { MESH_LIMITS } from '../src/protocol/mesh-limits';
import type { WireRequest } from '../src/protocol/messages';
import { testNode, TestDevice } from '../src/node/testkit';
import { figure, type Figure } from './log';

const CALLS = 2_000;
const BATCHES = 200;
/** Calls that are made at once: as many as one client opens streams for. */
const AT_ONCE = MESH_LIMITS.ipcStreamsPerPeer;
const HERE = 'ipc Ping in the process';

/** @param directory for the socket */
export async function benchIpc(directory: string): Promise<Figure[]> {
  const node = testNode(new TestDevice());
  await node.start();
  const path = join(directory, 'ipc.sock');
  const server = await serveSocket(path, () => node.session());
  const client = new IpcClient({ connect: () => connectSocket(path), schedule: systemSchedule });
  const one = (ask: (request: WireRequest) => Promise<unknown>, request: WireRequest) =>
    repeated(CALLS, () => ask(request));
  const here = (request: WireRequest) => node.request(request);
  const there = (request: WireRequest) => client.request(request);
  const batch = () => Promise.all(Array.from({ length: AT_ONCE }, () => there('Ping')));
  const figures = [
    figure(HERE, await one(here, 'Ping')),
    { ...figure('ipc Ping over the socket', await one(there, 'Ping')), baseline: HERE },
    { ...figure('ipc GetIdentity over the socket', await one(there, 'GetIdentity')), baseline: HERE },
    {
      ...figure(`ipc Ping over the socket, ${AT_ONCE} at once`, await repeated(BATCHES, batch), AT_ONCE),
      baseline: HERE,
    },
  ];
  client.close();
  await server.close();
  await node.stop();
  return figures;
}

async function repeated(count: number, work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let i = -count / 10; i < count; i++) {
    const start = performance.now();
    await work();
    // The first tenth warms up.
    if (i >= 0) times.push(performance.now() - start);
  }
  return times;
}
