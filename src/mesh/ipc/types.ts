import type { WireRequest, WireResponse } from '../../protocol/messages';
import type { MeshStream } from '../types';

/** What carries frames: a stream to a member, or a socket that looks like one. */
export type FrameStream = Pick<MeshStream, 'incoming' | 'write' | 'close' | 'reset'>;

/** Asks a node. Never rejects: a refusal is an `Error` answer. On `gone` nobody waits for it any more. */
export type Ask = (request: WireRequest, gone?: AbortSignal) => Promise<WireResponse>;

/** Remote control over a stream to a member. */
export const IPC_PROTOCOL = '/sovereign/ipc/1.0.0';

/** How errors are told: the seed's client knows a string, ours asks for code, message and advice apart. */
export type Dialect = 'seed' | 'typed';
