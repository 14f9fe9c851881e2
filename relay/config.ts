import { isIP } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { RelayError } from './errors';

export interface RelayConfig {
  /** 0: any free port. */
  port: number;
  host: string;
  /** Directory of the built app. */
  app: string;
  help: boolean;
}

/** Fixed, because a browser keeps a node's keys and log per origin, and the port is part of the origin. */
const DEFAULT_PORT = '8787';

export const USAGE = `Serves the Sovereign Node app.

  --port N     port to listen on; 0 takes any free one (${DEFAULT_PORT})
  --host ADDR  address to listen on (127.0.0.1: this machine only)
  --app DIR    the built app (the one beside this program)
  --help       this text
`;

/** @throws RelayError `bad_option`, naming the option. */
export function parseConfig(args: readonly string[]): RelayConfig {
  const options = read(args);
  return {
    port: parsePort(options.port),
    host: parseHost(options.host),
    app: options.app ?? fileURLToPath(new URL('../app', import.meta.url)),
    help: options.help,
  };
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: DEFAULT_PORT },
        host: { type: 'string', default: '127.0.0.1' },
        app: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (cause) {
    throw new RelayError('bad_option', (cause as Error).message, { cause, advice: 'See --help for the options.' });
  }
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port <= 65_535)) {
    throw new RelayError('bad_option', `--port ${text} is not a port`, {
      advice: 'Give a whole number from 0 to 65535.',
    });
  }
  return port;
}

function parseHost(text: string): string {
  if (isIP(text) === 0 && text !== 'localhost') {
    throw new RelayError('bad_option', `--host ${text} is not an IP address`, {
      advice: 'Give an address of this machine, e.g. 127.0.0.1 or 0.0.0.0 for all of them.',
    });
  }
  return text;
}
