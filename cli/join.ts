import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import type { SovereignNode } from '../src/node';
import { SovereignError } from '../src/protocol/errors';
import type { PairingView } from '../src/protocol/mesh';
import { call } from './client';
import { relayedMesh } from './home/mesh';
import { withHomeNode, type Places } from './home/with-node';
import { harmless } from './run-view';
import type { Terminal } from './terminal';

export const JOIN_USAGE = `Usage: sovereign join INVITATION [--name NAME] [--home DIR]

Makes this home a member of a mesh, by an invitation that one of its members made. Both sides are
shown the other's name and four words: compare them by another way before saying yes.

  INVITATION   the text or link; put it in quotes. It is a secret until it is used
  --name       what the others call this device (default: the machine's name)
  --home       where the node keeps its keys (default: the platform's data directory)

Exit code: 0 it is a member now, 1 it is not, 2 wrong usage.
`;

/** `sovereign join`. Answers the exit code of {@link JOIN_USAGE}. */
export async function runJoin(argv: readonly string[], terminal: Terminal, places: Places): Promise<number> {
  const asked = readArgs(argv);
  if (typeof asked === 'string') {
    terminal.err(`${asked}\n\n${JOIN_USAGE}`);
    return 2;
  }
  const interrupted = new AbortController();
  const release = terminal.onInterrupt(() => interrupted.abort());
  try {
    const { home, text, name } = asked;
    const join = (node: SovereignNode) => joinMesh(node, { text, name }, terminal, interrupted.signal);
    await withHomeNode(home, places, join, { mesh: relayedMesh });
    return 0;
  } catch (error) {
    if (!(error instanceof SovereignError)) throw error;
    terminal.err(`${harmless([error.message, error.advice ?? ''].join(' ').trim())}\n`);
    return 1;
  } finally {
    release();
  }
}

async function joinMesh(
  node: SovereignNode,
  invitation: { text: string; name: string },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const { name, words } = await call(node, 'ReadInvitation', { text: invitation.text });
  const own = await call(node, 'GetIdentity');
  terminal.out(`Inviter   ${harmless(name)}  ${words}\nThis      ${harmless(invitation.name)}  ${own.words}\n`);
  await call(node, 'JoinMesh', invitation);
  const met = await pairing(node, signal, ({ state }) => state !== 'connecting');
  if (met.state === 'confirm') {
    terminal.out(`Reached   ${harmless(met.name)}  ${met.words}\n`);
    const answer = await terminal.ask('Does the other side show the same words? [yes/no] ', signal);
    const yes = /^y(es)?$/i.test(answer?.trim() ?? '');
    await call(node, 'ConfirmPairing', { id: met.id, yes });
    if (!yes) throw new SovereignError('refused', 'Nothing was joined.');
  }
  const last = await pairing(node, signal, ({ state }) => state === 'done' || state === 'failed');
  if (last.state === 'failed') throw new SovereignError('refused', last.problem ?? 'The other side did not answer.');
  terminal.out('This home is a member of the mesh now.\n');
}

/** How the pairing stands, once it stands so. */
function pairing(
  node: SovereignNode,
  signal: AbortSignal,
  is: (pairing: PairingView) => boolean,
): Promise<PairingView> {
  return new Promise((resolve, reject) => {
    const stopped = (): void => reject(new SovereignError('cancelled', 'Nothing was joined.'));
    const look = (): void =>
      void call(node, 'GetMesh').then(({ pairings }) => {
        const found = pairings.find(({ side }) => side === 'joiner');
        if (!found || !is(found)) return;
        leave();
        resolve(found);
      }, reject);
    const leave = node.subscribe((event) => {
      if (event.type === 'mesh' || event.type === 'resync') look();
    });
    signal.addEventListener('abort', stopped);
    if (signal.aborted) stopped();
    look();
  });
}

/** What is wrong with them, in words, or what they ask. */
function readArgs(argv: readonly string[]): { text: string; name: string; home: string | undefined } | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { home: { type: 'string' }, name: { type: 'string' } },
    });
    const [text] = positionals;
    if (text === undefined || positionals.length > 1) return 'Give one invitation, in quotes.';
    if (values.home === '') return '--home needs a directory.';
    return { text, name: values.name ?? hostname(), home: values.home };
  } catch (error) {
    return (error as Error).message;
  }
}
