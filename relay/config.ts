import { isIP } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isGrant } from '../src/protocol/grants';
import { LIMITS } from '../src/protocol/limits';
import { RelayError } from './errors';

export interface RelayConfig {
  /** 0: any free port. */
  port: number;
  host: string;
  /** Directory of the built app. */
  app: string;
  help: boolean;
  /** Directory of the witness's key and journal; without one there is no witness. */
  state: string | undefined;
  /** Name of the witness in its signatures. */
  witnessName: string | undefined;
  /** File of vkeys of logs that the witness serves. */
  witnessLogs: string | undefined;
  /** Whether nodes may register their logs with the witness. */
  witnessOpen: boolean;
  /** How many logs one address may register in an hour. */
  witnessRegistrations: number;
  /** Other origins whose witnesses the app may ask, for its Content-Security-Policy. */
  witnessOrigins: readonly string[];
  /** Origins that the app's node may ask for skills, for its worker's Content-Security-Policy. */
  skillOrigins: readonly string[];
  /** Where browsers reach this server, when it is behind a proxy. */
  publicUrl: string | undefined;
  /** Addresses and networks of proxies whose X-Forwarded-For is believed. */
  trustedProxies: readonly string[];
  /** Swarm key files of the networks that the relay serves, besides those that are brought to it. */
  relayKeyFiles: readonly string[];
  /** Origins of other relays that the app's node may connect to, for its worker's Content-Security-Policy. */
  relayOrigins: readonly string[];
  /** UDP port of the STUN responder; `undefined` for none. */
  stunPort: number | undefined;
}

/** Fixed, because a browser keeps a node's keys and log per origin, and the port is part of the origin. */
const DEFAULT_PORT = '8787';
/** The protocol's own (RFC 8489, 18.6), and above 1023. */
const STUN_PORT = '3478';
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

export const USAGE = `Serves the Sovereign Node app.

  --port N     port to listen on; 0 takes any free one (${DEFAULT_PORT})
  --host ADDR  address to listen on (127.0.0.1: this machine only)
  --app DIR    the built app (the one beside this program)
  --skill-host NAME  a host that the app's node may ask over HTTPS for skills whose owners
               grant it; may be repeated
  --help       this text

As a relay of private networks (WebSockets under / and /mesh):
  --relay-key-file FILE    relay key of a network to serve, from "sovereign swarm-key --relay";
                           may be repeated. New meshes on this machine bring theirs by
                           themselves, others with the token in the state directory
  --public-url URL         where browsers reach this server, when that is a proxy in front
  --trusted-proxy ADDR     address or network of a proxy whose X-Forwarded-For is believed;
                           may be repeated
  --relay-origin URL       another relay that the app may connect to, as https://…; may be
                           repeated
  --stun-port N|off        UDP port of the STUN responder (${STUN_PORT}; off when --host is this
                           machine only)

As a witness (it cosigns the checkpoints of logs, under /witness):
  --state DIR              where its key and the record of what it signed are kept;
                           without this there is no witness
  --witness-closed         serve only the logs of --witness-logs, not any node that comes
  --witness-registrations N  logs that one address may register in an hour
                           (${LIMITS.witnessRegistrations}); behind a proxy all callers have one address
  --witness-logs FILE      vkeys of logs to serve, one a line
  --witness-name NAME      its name in signatures (made from its key)
  --witness-origin URL     another server whose witness the app may ask; may be repeated
`;

/** @throws RelayError `bad_option`, naming the option. */
export function parseConfig(args: readonly string[]): RelayConfig {
  const options = read(args);
  return {
    port: parsePort('port', options.port),
    host: parseHost(options.host),
    app: options.app ?? fileURLToPath(new URL('../app', import.meta.url)),
    help: options.help,
    state: options.state,
    witnessName: parseName(options['witness-name']),
    witnessLogs: options['witness-logs'],
    witnessOpen: !options['witness-closed'],
    witnessRegistrations: parseCount('witness-registrations', options['witness-registrations']),
    witnessOrigins: options['witness-origin'].map((text) => parseOrigin('witness-origin', text)),
    skillOrigins: options['skill-host'].map(parseSkillHost),
    publicUrl: options['public-url'] && parseOrigin('public-url', options['public-url']),
    trustedProxies: options['trusted-proxy'],
    relayKeyFiles: options['relay-key-file'],
    relayOrigins: options['relay-origin'].map((text) => parseOrigin('relay-origin', text)),
    stunPort: parseStunPort(options['stun-port'] ?? (LOOPBACK.includes(options.host) ? 'off' : STUN_PORT)),
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
        state: { type: 'string' },
        'skill-host': { type: 'string', multiple: true, default: [] },
        'witness-closed': { type: 'boolean', default: false },
        'witness-registrations': { type: 'string', default: String(LIMITS.witnessRegistrations) },
        'witness-logs': { type: 'string' },
        'witness-name': { type: 'string' },
        'witness-origin': { type: 'string', multiple: true, default: [] },
        'public-url': { type: 'string' },
        'trusted-proxy': { type: 'string', multiple: true, default: [] },
        'relay-key-file': { type: 'string', multiple: true, default: [] },
        'relay-origin': { type: 'string', multiple: true, default: [] },
        'stun-port': { type: 'string' },
      },
    }).values;
  } catch (cause) {
    throw new RelayError('bad_option', (cause as Error).message, { cause, advice: 'See --help for the options.' });
  }
}

function parsePort(option: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port <= 65_535)) {
    throw new RelayError('bad_option', `--${option} ${text} is not a port`, {
      advice: 'Give a whole number from 0 to 65535.',
    });
  }
  return port;
}

const parseStunPort = (text: string): number | undefined => (text === 'off' ? undefined : parsePort('stun-port', text));

function parseCount(option: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new RelayError('bad_option', `--${option} ${text} is not a count`, {
    advice: 'Give a whole number from 1 on.',
  });
}

function parseHost(text: string): string {
  if (isIP(text) === 0 && text !== 'localhost') {
    throw new RelayError('bad_option', `--host ${text} is not an IP address`, {
      advice: 'Give an address of this machine, e.g. 127.0.0.1 or 0.0.0.0 for all of them.',
    });
  }
  return text;
}

/** As in a signed note: no white space and no `+`. */
function parseName(name: string | undefined): string | undefined {
  if (name === undefined || /^[\x21-\x2a\x2c-\x7e]{1,128}$/.test(name)) return name;
  throw new RelayError('bad_option', `--witness-name ${name} is not a name`, {
    advice: 'Give the address of this server without its scheme, e.g. witness.example.com/w1.',
  });
}

/** An exact origin: it goes into a header that decides where the app may send to. */
function parseOrigin(option: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const here = url?.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url && (url.protocol === 'https:' || here) && text.replace(/\/$/, '') === url.origin) return url.origin;
  throw new RelayError('bad_option', `--${option} ${text} is not an origin`, {
    advice: 'Give scheme, host and port alone, e.g. https://relay.example.com',
  });
}

/** A host as a capability names it. */
function parseSkillHost(name: string): string {
  if (isGrant(`http.fetch:${name}`)) return `https://${name}`;
  throw new RelayError('bad_option', `--skill-host ${name} is not a host's name`, {
    advice: 'Give the DNS name alone, in lower case, e.g. api.example.com',
  });
}
