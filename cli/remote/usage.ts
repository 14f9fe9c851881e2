import type { ParseArgsConfig } from 'node:util';

export type RemoteCommand =
  'ping' | 'status' | 'query' | 'run' | 'log' | 'approve' | 'mesh-dial' | 'mesh-peers' | 'verify-license' | 'ask';

interface CommandUsage {
  /** After `sovereign <command>`. */
  synopsis: string;
  /** What it does and what its options mean. */
  words: string;
  /** How many words it takes besides its options. */
  takes: readonly [least: number, most: number];
  options: NonNullable<ParseArgsConfig['options']>;
}

export const COMMANDS: Readonly<Record<RemoteCommand, CommandUsage>> = {
  ping: { synopsis: '', words: 'Whether the node answers, and how fast.', takes: [0, 0], options: {} },
  status: { synopsis: '', words: 'The node at a glance.', takes: [0, 0], options: {} },
  query: {
    synopsis: ' QUERY [--params JSON]',
    words: 'Asks the node’s graph memory.\n\n  --params   values for the query, as a JSON object (default: {})',
    takes: [1, 1],
    options: { params: { type: 'string', default: '{}' } },
  },
  run: {
    synopsis: ' SKILL --input TEXT [--on MEMBER]',
    words: `Runs a skill on the node, and prints what it answers.

  SKILL      its name, its module's SHA-256, or a .wasm file of the machine that the daemon runs on:
             such a module runs once its owner has approved exactly that run (sovereign approve)
  --input    what the skill is given
  --on       another member of the mesh that is to run it, by its name or peer id: it must have granted that, and
             its answer is printed only once its order, result and log were proven`,
    takes: [1, 1],
    options: { input: { type: 'string', default: '' }, on: { type: 'string' } },
  },
  log: {
    synopsis: ' [--limit N] [--before SEQ] [--type TYPE] [--text TEXT]',
    words: `The newest entries of the node's log, oldest of them first.

  --limit    how many (default: 20)
  --before   only those before this one
  --type     only those of this type, e.g. EXECUTION_BLOCKED
  --text     only those whose line holds this text`,
    takes: [0, 0],
    options: {
      limit: { type: 'string', default: '20' },
      before: { type: 'string' },
      type: { type: 'string' },
      text: { type: 'string' },
    },
  },
  approve: {
    synopsis: ' [ID] [--yes | --no | --always | --never] [--note TEXT]',
    words: `What waits for the owner's approval; with an ID (its first characters do), shows exactly what would
happen, and asks.

  --yes      approves it in place of asking; --no refuses it
  --always   also signs a policy that permits exactly this from now on; --never one that forbids it
  --note     why; it stands in the log as a hash only

Across the mesh it is yes or no, and without a note: the rest is for a node of this machine (daemon --local).`,
    takes: [0, 1],
    options: {
      yes: { type: 'boolean', default: false },
      no: { type: 'boolean', default: false },
      always: { type: 'boolean', default: false },
      never: { type: 'boolean', default: false },
      note: { type: 'string' },
    },
  },
  'mesh-dial': {
    synopsis: ' PEER',
    words: 'Reaches for a member: its peer id, or a multiaddr that ends in one.',
    takes: [1, 1],
    options: {},
  },
  'mesh-peers': { synopsis: '', words: 'The members that the node reaches now.', takes: [0, 0], options: {} },
  'verify-license': {
    synopsis: ' --tx-id ID --developer-addr ADDR --required-sats N',
    words: 'Whether a Bitcoin transaction pays for this node’s licence.',
    takes: [0, 0],
    options: {
      'tx-id': { type: 'string' },
      'developer-addr': { type: 'string' },
      'required-sats': { type: 'string' },
    },
  },
  ask: {
    synopsis: ' REQUEST [JSON]',
    words: `Any request of the contract (docs/protocol.md), by its name, with its parameters as a JSON object, e.g.

  sovereign ask GetIdentity
  sovereign ask GetEntry '{"seq": 17}'`,
    takes: [1, 2],
    options: {},
  },
};

export const isRemoteCommand = (command: string): command is RemoteCommand => Object.hasOwn(COMMANDS, command);

export function remoteUsage(command: RemoteCommand): string {
  const { synopsis, words } = COMMANDS[command];
  return `Usage: sovereign ${command}${synopsis} [--socket PATH] [--home DIR] [--json]

${words}

Asks the node behind \`sovereign daemon\`.

  --socket   where the daemon listens (default: the one of --home)
  --home     the home of the daemon (default: the platform's data directory)
  --json     the answer as it crossed, one line of JSON, also of a refusal

Exit code: 0 done, 1 the node said no or failed, 2 wrong usage, 3 no node was reached.
`;
}
