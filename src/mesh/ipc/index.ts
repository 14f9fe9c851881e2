/** Remote control: the contract's requests in frames, over a stream to a member or a socket of this machine. */
export { IpcClient } from './client';
export { refuseStream, serveFrames, serveIpc } from './server';
export { IPC_PROTOCOL, type Ask, type FrameStream } from './types';
