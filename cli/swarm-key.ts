import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { MeshError } from '../src/mesh';
import { formatSwarmKey, NETWORK_KEY_BYTES, parseSwarmKey, relayKeyOf } from '../src/mesh/pnet';
import { systemRandom } from '../src/protocol/runtime';
import { harmless } from './run-view';
import type { Terminal } from './terminal';

export const SWARM_KEY_USAGE = `Usage: sovereign swarm-key [--out FILE]
       sovereign swarm-key --relay FILE [--out FILE]

Makes the key of a private network, as a file that every libp2p program reads.

  --relay FILE  in place of a new key, the one that a relay of the network in FILE is given: with it the relay
                carries what members say, and can read none of it
  --out FILE    where to write it, readable by you alone; a file that is there is not replaced.
                Without this it is printed

Exit code: 0 done, 1 a file cannot be read or written, 2 wrong usage, or a file that is no swarm key.
`;

/** `sovereign swarm-key`. Answers the exit code. */
export async function runSwarmKey(argv: readonly string[], terminal: Pick<Terminal, 'out' | 'err'>): Promise<number> {
  const asked = readArgs(argv);
  if (typeof asked === 'string') {
    terminal.err(`${harmless(asked)}\n\n${SWARM_KEY_USAGE}`);
    return 2;
  }
  try {
    const key = asked.relay === undefined ? systemRandom.bytes(NETWORK_KEY_BYTES) : await relayKeyIn(asked.relay);
    const text = `${formatSwarmKey(key)}\n`;
    if (asked.out === undefined) terminal.out(text);
    else await writeFile(asked.out, text, { mode: 0o600, flag: 'wx' });
    return 0;
  } catch (error) {
    if (error instanceof MeshError) {
      terminal.err(`${harmless(error.message)}\n${harmless(error.advice ?? '')}\n`);
      return 2;
    }
    terminal.err(`${harmless((error as Error).message)}\n`);
    return 1;
  }
}

const relayKeyIn = async (path: string): Promise<Uint8Array> => relayKeyOf(parseSwarmKey(await readFile(path, 'utf8')));

function readArgs(argv: readonly string[]): { relay: string | undefined; out: string | undefined } | string {
  try {
    const options = { relay: { type: 'string' }, out: { type: 'string' } } as const;
    const { relay, out } = parseArgs({ args: [...argv], options }).values;
    return { relay, out };
  } catch (error) {
    return (error as Error).message;
  }
}
