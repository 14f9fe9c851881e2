import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Ask } from '../../src/mesh/ipc';
import type { SovereignNode } from '../../src/node';
import { SovereignError, toWireError } from '../../src/protocol/errors';
import { LIMITS } from '../../src/protocol/limits';
import type { WireRequest } from '../../src/protocol/messages';
import { putBlob } from '../client';

/**
 * One caller of this machine's own node. Whoever can open the socket can read the home, so he asks as its owner. As with
 * the seed, `RunWasm` may name a file here: it is taken in, and run as a module that its owner brought.
 */
export function localSession(node: SovereignNode): Ask {
  const ask = node.session();
  return async (request) => {
    try {
      return await ask(await withModule(node, request));
    } catch (error) {
      return { Error: toWireError(error) };
    }
  };
}

async function withModule(node: SovereignNode, request: WireRequest): Promise<WireRequest> {
  if (typeof request !== 'object' || request === null || !('RunWasm' in request)) return request;
  const { RunWasm } = request;
  // The node's own door says what else is wrong with it.
  if (typeof RunWasm !== 'object' || RunWasm === null || !isFile(RunWasm.path)) return request;
  return { RunWasm: { ...RunWasm, path: await putBlob(node, await readModule(RunWasm.path)) } };
}

/** A skill's name and a hash have neither. */
const isFile = (path: unknown): path is string => typeof path === 'string' && /[/\\]|\.wasm$/.test(path);

async function readModule(path: string): Promise<Uint8Array> {
  // Not waiting: a pipe without a writer would hold one of the few threads for files.
  const file = await open(resolve(path), constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((cause: unknown) => {
    throw unreadable(path, 'cannot be read', cause);
  });
  try {
    const info = await file.stat();
    if (!info.isFile()) throw unreadable(path, 'is not a file');
    if (info.size > LIMITS.skillBytes) throw unreadable(path, `has more than ${LIMITS.skillBytes} bytes`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

const unreadable = (path: string, why: string, cause?: unknown): SovereignError =>
  new SovereignError('not_found', `${path} ${why}.`, {
    cause,
    advice: 'Name a skill, its hash, or a .wasm file here.',
  });
