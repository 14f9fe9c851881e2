import { MeshError, systemSchedule } from '../../src/mesh';
import { IpcClient } from '../../src/mesh/ipc';
import { SovereignError, toWireError } from '../../src/protocol/errors';
import { connectSocket } from '../daemon/socket-stream';
import { harmless } from '../run-view';
import type { Terminal } from '../terminal';
import { BadArgs, readRemoteArgs, type RemoteArgs } from './args';
import { RUN } from './commands';
import { remoteUsage, type RemoteCommand } from './usage';

export { isRemoteCommand, remoteUsage, type RemoteCommand } from './usage';

/** `sovereign ping`, `status`, … over a daemon's socket. Answers the exit code of {@link remoteUsage}. */
export async function runRemote(command: RemoteCommand, argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await askNode(command, readRemoteArgs(command, argv), terminal);
  } catch (error) {
    if (!(error instanceof BadArgs)) throw error;
    terminal.err(`${error.message}\n\n${remoteUsage(command)}`);
    return 2;
  }
}

async function askNode(command: RemoteCommand, args: RemoteArgs, terminal: Terminal): Promise<number> {
  const node = new IpcClient({ connect: () => connectSocket(args.socket), schedule: systemSchedule });
  try {
    const { answer, words, code = 0 } = await RUN[command](node, args, terminal);
    terminal.out(args.json ? `${JSON.stringify(answer)}\n` : words);
    return code;
  } catch (error) {
    if (!(error instanceof SovereignError)) throw error;
    const said = toWireError(error);
    const { code, message, advice = '' } = said;
    if (args.json) terminal.out(`${JSON.stringify({ Error: said })}\n`);
    else terminal.err(`${harmless(`${message} (${code}) ${advice}`).trim()}\n`);
    return isAway(error) ? 3 : 1;
  } finally {
    node.close();
  }
}

/** Nobody answered; what a node itself says is a plain SovereignError, whatever its code. */
const isAway = (error: unknown): boolean =>
  error instanceof MeshError && ['unreachable', 'timeout', 'stream_reset'].includes(error.code);
