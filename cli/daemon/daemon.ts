import { statSync, unwatchFile, watchFile } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { SovereignNode } from '../../src/node';
import { SovereignError } from '../../src/protocol/errors';
import { call } from '../client';
import { relayedMesh } from '../home/mesh';
import { STORE } from '../home/node';
import { LOCK_FILE } from '../home/storage-lock';
import { withHomeNode, type Places } from '../home/with-node';
import { harmless } from '../run-view';
import type { Terminal } from '../terminal';
import { openLink, type Link } from './link';
import { localSession } from './local';
import { defaultSocket, serveSocket, type SocketServer } from './socket';

export const DAEMON_USAGE = `Usage: sovereign daemon [--node NAME] [--home DIR] [--socket PATH]
       sovereign daemon --local [--home DIR] [--socket PATH]

Serves a node to the commands of this machine (ping, status, query, run, log, approve, mesh-dial,
mesh-peers, verify-license, ask), until Ctrl-C or SIGTERM. The node is another one of yours, reached
across the mesh: this home has joined it (sovereign join), and there this device may control the node.

  --node     which member, by name or peer id (default: the only other one)
  --local    serve the node of this home itself
  --home     where the node keeps its keys and its log (default: the platform's data directory)
  --socket   where to listen (default: daemon.sock in the home; on Windows \\\\.\\pipe\\SovereignNode).
             Mode 0600: who can open it acts as the owner of this home

The frames are [u32 little-endian length][JSON], at most 64 KiB: docs/remote-control.md.

Exit code: 0 it was asked to stop, 1 the node or the socket could not be opened, 2 wrong usage.
`;

interface DaemonArgs {
  home: string | undefined;
  socket: string | undefined;
  node: string | undefined;
  local: boolean;
}

type DaemonTerminal = Pick<Terminal, 'out' | 'err' | 'onInterrupt'>;

/** `sovereign daemon`. Answers the exit code of {@link DAEMON_USAGE}. */
export async function runDaemon(argv: readonly string[], terminal: DaemonTerminal, places: Places): Promise<number> {
  const asked = readArgs(argv);
  if (typeof asked === 'string') {
    terminal.err(`${asked}\n\n${DAEMON_USAGE}`);
    return 2;
  }
  try {
    const serve = async (node: SovereignNode, home: string): Promise<void> => {
      const stopped = new Promise<void>((resolve) => terminal.onInterrupt(resolve));
      const path = asked.socket ?? defaultSocket(home);
      const lost = whenLost(node, join(home, STORE, LOCK_FILE));
      let link: Link | undefined;
      let server: SocketServer | undefined;
      try {
        if (!asked.local) link = await openLink(node, asked.node);
        server = await serveSocket(path, () => link?.ask ?? localSession(node));
        const { nodeId, words } = await call(node, 'GetIdentity');
        const served = link ? `${link.member.name}  ${link.member.words}` : `${nodeId}  ${words}`;
        terminal.out(`Node      ${harmless(served)}\nSocket    ${harmless(path)}\n`);
        await Promise.race([stopped, lost.promise]);
      } finally {
        lost.stop();
        await server?.close();
        link?.close();
      }
    };
    await withHomeNode(asked.home, places, serve, { mesh: relayedMesh });
    return 0;
  } catch (error) {
    if (!(error instanceof SovereignError)) throw error;
    terminal.err(`${harmless([error.message, error.advice ?? ''].join(' ').trim())}\n`);
    return 1;
  }
}

/**
 * Rejects once another process writes to this home: what this one holds of it is no longer true. The node itself finds
 * out when it next writes, which an idle one may never do; so the lock is looked at too.
 *
 * @param lock the file of cli/home/storage-lock.ts: a new holder puts another in its place
 */
function whenLost(node: SovereignNode, lock: string): { promise: Promise<never>; stop: () => void } {
  const taken = new SovereignError('reload_needed', 'Another process took over this home.');
  const { ino } = statSync(lock);
  let stop = (): void => undefined;
  const promise = new Promise<never>((_, reject) => {
    const look = (): void => {
      void call(node, 'GetStatus').then(({ phase }) => (phase === 'reload_needed' ? reject(taken) : undefined), reject);
    };
    const unsubscribe = node.subscribe(({ type }) => (type === 'status' ? look() : undefined));
    // Not what keeps the process up: a daemon that cannot be opened must end.
    watchFile(lock, { interval: LOOK_MS, persistent: false }, (now) => {
      if (now.ino !== ino) reject(taken);
    });
    stop = () => {
      unsubscribe();
      unwatchFile(lock);
    };
  });
  // It may come while the socket is opened still.
  promise.catch(() => undefined);
  return { promise, stop };
}

/** How soon an idle daemon sees that it lost its home; one look at a file's record. Milliseconds. */
const LOOK_MS = 1_000;

/** What is wrong with them, in words, or what they ask. */
function readArgs(argv: readonly string[]): DaemonArgs | string {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        home: { type: 'string' },
        socket: { type: 'string' },
        node: { type: 'string' },
        local: { type: 'boolean', default: false },
      },
    });
    if (values.home === '' || values.socket === '') return '--home and --socket need a path.';
    const { home, socket, node, local } = values;
    if (local && node !== undefined) return '--local and --node name two nodes.';
    return { home, socket, node, local };
  } catch (error) {
    return (error as Error).message;
  }
}
