import { connect, type Socket } from 'node:net';
import { type FrameStream } from '../../src/mesh/ipc';
import { MeshError } from '../../src/mesh';

/** A socket as what carries frames. */
export function socketStream(socket: Socket): FrameStream {
  // What it throws is thrown by `incoming` and `write`, too.
  socket.on('error', () => undefined);
  return {
    // A client may close its side and still read: the end of one direction must not destroy the other.
    incoming: socket.iterator({ destroyOnReturn: false }),
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(gone(error)) : resolve()));
      }),
    close: () =>
      new Promise((resolve) => {
        if (socket.destroyed) return resolve();
        socket.once('close', () => resolve());
        socket.end(() => socket.destroySoon());
      }),
    reset: () => void socket.destroy(),
  };
}

/** @throws MeshError `unreachable` */
export function connectSocket(path: string): Promise<FrameStream> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: false });
    const fail = (cause: Error): void => reject(unreachable(path, cause));
    socket.once('error', fail);
    socket.once('connect', () => {
      socket.off('error', fail);
      resolve(socketStream(socket));
    });
  });
}

const gone = (cause: Error): MeshError =>
  new MeshError('stream_reset', 'The other side of the socket is gone.', { cause });

function unreachable(path: string, cause: NodeJS.ErrnoException): MeshError {
  const why = cause.code === 'EACCES' ? 'belongs to another user' : 'has no daemon behind it';
  return new MeshError('unreachable', `${path} ${why}.`, {
    cause,
    advice: 'Start one with: npx sovereign daemon --local; or name its socket with --socket.',
  });
}
