import { fileURLToPath } from 'node:url';
import { LIMITS } from '../../src/protocol/limits';
import { RelayError } from '../errors';
import type { Level } from '../log';
import { RADIO_LIMITS } from '../radio';
import type { RadioLimits } from '../radio';
import { readGiven } from './given';
import type { Given, Kinds, Sources } from './given';
import { DEFAULT_PORT, STUN_PORT } from './usage';
import * as as from './values';

export { USAGE } from './usage';

export interface RelayConfig {
  /** 0: any free port. */
  port: number;
  host: string;
  /** Directory of the built app. */
  app: string;
  help: boolean;
  /** Says what is in force, and ends. */
  check: boolean;
  /** PEM files of the certificate chain and its key, for HTTPS. */
  tls: { cert: string; key: string } | undefined;
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
  /** UDP port of the STUN responder, `undefined` for none, and the address that it listens on. */
  stunPort: number | undefined;
  stunHost: string;
  /** What the operator bounds otherwise than {@link RADIO_LIMITS}. */
  radioLimits: Partial<RadioLimits>;
  /** Sockets of plain HTTP that one address may have open. */
  socketsPerAddress: number;
  /** `undefined`: by where the log goes. */
  logLevel: Level | undefined;
  logIdentities: boolean;
  quiet: boolean;
  /** Addresses and networks that may read /metrics besides this machine. */
  metricsFrom: readonly string[];
  /** What was said for each option, and where. */
  sources: Sources;
}

const KINDS = {
  config: 'path',
  check: 'flag',
  help: 'flag',
  port: 'one',
  host: 'one',
  app: 'path',
  'tls-cert': 'path',
  'tls-key': 'path',
  'skill-host': 'list',
  'relay-key-file': 'paths',
  'public-url': 'one',
  'trusted-proxy': 'list',
  'relay-origin': 'list',
  'stun-port': 'one',
  'stun-host': 'one',
  'max-networks': 'one',
  'max-members': 'one',
  'max-members-per-address': 'one',
  'max-sockets-per-address': 'one',
  state: 'path',
  'state-default': 'path',
  'witness-closed': 'flag',
  'witness-registrations': 'one',
  'witness-logs': 'path',
  'witness-name': 'one',
  'witness-origin': 'list',
  'log-level': 'one',
  'log-identities': 'flag',
  quiet: 'flag',
  'metrics-from': 'list',
} as const satisfies Kinds;
type Option = keyof typeof KINDS;
/** Names of all options. */
export const OPTIONS: readonly string[] = Object.keys(KINDS);

const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

/** Whether a server at this address can be reached from this machine alone. */
export const isThisMachine = (host: string): boolean => LOOPBACK.includes(host);

/** @throws RelayError `bad_option`, naming the option and where it stands. */
export function parseConfig(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): RelayConfig {
  const sources = readGiven(KINDS, args, env);
  const all = <T>(name: Option, read: (given: Given) => T): T[] => (sources.get(name) ?? []).map(read);
  const one = <T>(name: Option, read: (given: Given) => T): T | undefined => all(name, read).at(-1);
  const flag = (name: Option): boolean => one(name, as.asFlag) ?? false;
  const host = one('host', as.asHost) ?? '127.0.0.1';
  const stunHost = one('stun-host', as.asHost) ?? host;
  const members = one('max-members', as.asCount) ?? RADIO_LIMITS.connections;
  const membersPerAddress = one('max-members-per-address', as.asCount) ?? RADIO_LIMITS.connectionsPerAddress;
  return {
    port: one('port', as.asPort) ?? Number(DEFAULT_PORT),
    host,
    app: one('app', as.asText) ?? fileURLToPath(new URL('../app', import.meta.url)),
    help: flag('help'),
    check: flag('check'),
    tls: certificateOf(
      one('tls-cert', (given) => given),
      one('tls-key', (given) => given),
    ),
    state: one('state', as.asText) ?? one('state-default', as.asText),
    witnessName: one('witness-name', as.asName),
    witnessLogs: one('witness-logs', as.asText),
    witnessOpen: !flag('witness-closed'),
    witnessRegistrations: one('witness-registrations', as.asCount) ?? LIMITS.witnessRegistrations,
    witnessOrigins: all('witness-origin', as.asOrigin),
    skillOrigins: all('skill-host', as.asSkillHost),
    publicUrl: one('public-url', as.asOrigin),
    trustedProxies: all('trusted-proxy', as.asSubnet),
    relayKeyFiles: all('relay-key-file', as.asText),
    relayOrigins: all('relay-origin', as.asOrigin),
    stunPort: sources.has('stun-port') ? one('stun-port', as.asStunPort) : stunByDefault(stunHost),
    stunHost,
    radioLimits: {
      networks: one('max-networks', as.asCount) ?? RADIO_LIMITS.networks,
      connections: members,
      connectionsPerAddress: membersPerAddress,
      // A member that is let in and can be reached by nobody is of no use.
      reservations: members,
      reservationsPerAddress: membersPerAddress,
    },
    socketsPerAddress: one('max-sockets-per-address', as.asCount) ?? LIMITS.relaySocketsPerAddress,
    logLevel: one('log-level', as.asLevel),
    logIdentities: flag('log-identities'),
    quiet: flag('quiet'),
    metricsFrom: all('metrics-from', as.asSubnet),
    sources,
  };
}

const stunByDefault = (host: string): number | undefined => (isThisMachine(host) ? undefined : Number(STUN_PORT));

function certificateOf(cert: Given | undefined, key: Given | undefined): RelayConfig['tls'] {
  if (cert && key) return { cert: cert.text, key: key.text };
  const lone = cert ?? key;
  if (!lone) return undefined;
  throw new RelayError('bad_option', `${lone.source} ${lone.text} is only half of what HTTPS needs`, {
    advice: 'Give both tls-cert and tls-key, or neither.',
  });
}

/** For `--check`: what was said and where, an option a line. */
export const explainConfig = ({ sources }: RelayConfig): string =>
  [...sources]
    .filter(([name]) => name !== 'check')
    .flatMap(([name, all]) => all.map(({ text, source }) => `${name}: ${text}  (${source})\n`))
    .sort()
    .join('');
