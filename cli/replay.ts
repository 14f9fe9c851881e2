import { parseArgs } from 'node:util';
import type { ReplayView } from '../src/protocol/messages';
import { SovereignError, toWireError } from '../src/protocol/errors';
import { call } from './client';
import { withHomeNode, type Places } from './home/with-node';
import { harmless } from './run-view';
import type { Terminal } from './terminal';

export const REPLAY_USAGE = `Usage: sovereign replay <entry|order id> [--home DIR] [--json]

Makes a recorded run of a skill again, from what the log and the home hold: its module, its input,
its seed, and what the world answered it. No world is attached.

  <entry>   the number of the entry in which it was authorised, or ended; or its order's id
  --home    where the node keeps its log (default: the platform's data directory)
  --json    one JSON object in place of words

Exit code: 0 it is identical, 1 something differs, 2 it could not be made again, or wrong usage.
`;

interface Asked {
  what: { seq: number } | { order_id: string };
  home: string | undefined;
  json: boolean;
}

/** `sovereign replay`. Answers the exit code of {@link REPLAY_USAGE}. */
export async function runReplay(argv: readonly string[], terminal: Terminal, places: Places): Promise<number> {
  const asked = readArgs(argv);
  if (typeof asked === 'string') {
    terminal.err(`${asked}\n\n${REPLAY_USAGE}`);
    return 2;
  }
  try {
    const view = await withHomeNode(asked.home, places, (node) => call(node, 'ReplayExecution', asked.what));
    terminal.out(asked.json ? `${JSON.stringify(view)}\n` : inWords(view));
    return { identical: 0, different: 1, unknown: 2 }[view.replayed.kind];
  } catch (error) {
    if (!(error instanceof SovereignError)) throw error;
    const { code, message, advice } = toWireError(error);
    if (asked.json) terminal.out(`${JSON.stringify({ error: { code, message } })}\n`);
    else terminal.err(`${harmless([message, advice ?? ''].join(' ').trim())}\n`);
    return 2;
  }
}

/** What is wrong with them, in words, or what they ask. */
function readArgs(argv: readonly string[]): Asked | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { home: { type: 'string' }, json: { type: 'boolean', default: false } },
    });
    const [what] = positionals;
    if (what === undefined || positionals.length > 1) return 'Name one entry or one order.';
    if (values.home === '') return '--home needs a directory.';
    const { home, json } = values;
    if (/^[0-9a-f]{32}$/.test(what)) return { what: { order_id: what }, home, json };
    const seq = Number(what);
    return /^\d{1,15}$/.test(what) ? { what: { seq }, home, json } : `${harmless(what)} is no entry and no order.`;
  } catch (error) {
    return (error as Error).message;
  }
}

function inWords({ seq, order_id, module_sha256, outcome, gas, replayed }: ReplayView): string {
  const lines = [`Run       entry ${seq}, order ${order_id}`, `Module    ${module_sha256}`];
  lines.push(`Recorded  ${outcome}, ${gas} gas`);
  if (replayed.kind === 'identical') lines.push('Again     IDENTICAL: outcome, gas, host calls, output and memory.');
  else if (replayed.kind === 'different') lines.push(`Again     DIFFERENT: ${replayed.words}.`);
  else
    lines.push(`Again     UNKNOWN: ${replayed.words}.`, ...(replayed.missing ?? []).map((hash) => `Missing   ${hash}`));
  return lines.map((line) => `${harmless(line)}\n`).join('');
}
