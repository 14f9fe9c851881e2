import { chmod, lstat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { MeshError, systemSchedule } from '../../src/mesh';
import { refuseStream, serveFrames, type Ask } from '../../src/mesh/ipc';
import { SovereignError, toWireError } from '../../src/protocol/errors';
import { MESH_LIMITS } from '../../src/protocol/mesh-limits';
import { socketStream } from './socket-stream';

export type DaemonCode = 'socket_in_use' | 'socket_unusable';
export class DaemonError extends SovereignError<DaemonCode> {
  override readonly name = 'DaemonError';
}

/** Where a home's daemon listens unless `--socket` says otherwise: in the home, which is private, or the seed's pipe. */
export const defaultSocket = (home: string, platform: NodeJS.Platform = process.platform): string =>
  platform === 'win32' ? '\\\\.\\pipe\\SovereignNode' : join(home, 'daemon.sock');

/** `sun_path` of macOS, the shortest there is, with its final NUL. */
const MOST_BYTES = 103;

export interface SocketServer {
  /** Callers now. */
  readonly clients: number;
  /** Stops listening, ends every caller, and removes the socket. */
  close(): Promise<void>;
}

/**
 * Serves frames on a Unix socket of mode 0600, or a named pipe.
 * @param session what one caller asks with: each has its own bound on requests under way
 * @throws DaemonError
 */
export async function serveSocket(path: string, session: () => Ask): Promise<SocketServer> {
  const isPipe = path.startsWith('\\\\');
  if (!isPipe) await makeRoom(path);
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const stream = socketStream(socket);
    if (sockets.size >= MESH_LIMITS.ipcClients && !endOne(sockets))
      return void refuseStream(stream, toWireError(full()), 'seed');
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    void serveFrames(stream, session(), { schedule: systemSchedule });
  });
  await listen(server, path);
  if (!isPipe) await chmod(path, 0o600);
  return {
    get clients() {
      return sockets.size;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/**
 * The oldest caller that said it will ask nothing more: most likely it is gone, and a request of its may wait for days.
 * @returns whether there was one
 */
function endOne(sockets: Set<Socket>): boolean {
  for (const socket of sockets) {
    if (!socket.readableEnded) continue;
    sockets.delete(socket);
    socket.destroy();
    return true;
  }
  return false;
}

/** From its first moment nobody else's: the mask counts when the name is made, which `listen` does before it returns. */
function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(unusable(path, cause.code ?? 'error', cause)));
    server.once('listening', () => {
      // One that cannot be accepted (no file handles left) is that caller's trouble, not the daemon's end.
      server.on('error', () => undefined);
      resolve();
    });
    const mask = process.umask(0o177);
    try {
      server.listen(path);
    } finally {
      process.umask(mask);
    }
  });
}

/** Removes the socket that a daemon which was killed left behind, and nothing else. */
async function makeRoom(path: string): Promise<void> {
  if (Buffer.byteLength(path) > MOST_BYTES) throw unusable(path, 'the path is too long for a socket');
  const found = await lstat(path).catch(() => undefined);
  if (!found) return;
  if (!found.isSocket()) throw unusable(path, 'something else is there');
  if (await isServed(path)) {
    throw new DaemonError('socket_in_use', `A daemon already listens on ${path}.`, {
      advice: 'Stop it first, or choose another place with --socket.',
    });
  }
  await unlink(path).catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw unusable(path, code ?? 'error', cause);
  });
}

/** Whether a daemon is behind it. @throws DaemonError where that cannot be known, for who is too busy is there, too */
const isServed = (path: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ECONNREFUSED' || cause.code === 'ENOENT') resolve(false);
      else if (cause.code === 'EAGAIN') resolve(true);
      else reject(unusable(path, cause.code ?? 'error', cause));
    });
  });

const unusable = (path: string, why: string, cause?: unknown): DaemonError =>
  new DaemonError('socket_unusable', `${path} cannot be listened on: ${why}.`, {
    cause,
    advice: 'Choose another place with --socket.',
  });

const full = (): MeshError =>
  new MeshError('overloaded', `${MESH_LIMITS.ipcClients} callers are connected already.`, {
    advice: 'Try again when one of them is done.',
  });
