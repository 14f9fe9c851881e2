/** What one value must be. Each takes it with its source, which its error names. */
import { isIP } from 'node:net';
import { isGrant } from '../../src/protocol/grants';
import { subnetOf } from '../client-address';
import { RelayError } from '../errors';
import { LEVELS, type Level } from '../log';
import type { Given } from './given';

function refused({ source, text }: Given, what: string, advice: string): RelayError {
  return new RelayError('bad_option', `${source} ${text} is not ${what}`, { advice });
}

export const asText = ({ text }: Given): string => text;

export function asFlag(given: Given): boolean {
  if (given.text === 'true' || given.text === '1') return true;
  if (given.text === 'false' || given.text === '0') return false;
  throw refused(given, 'true or false', 'Give true or false.');
}

export function asPort(given: Given): number {
  const port = /^\d{1,5}$/.test(given.text) ? Number(given.text) : NaN;
  if (port <= 65_535) return port;
  throw refused(given, 'a port', 'Give a whole number from 0 to 65535.');
}

export const asStunPort = (given: Given): number | undefined => (given.text === 'off' ? undefined : asPort(given));

export function asCount(given: Given): number {
  if (/^[1-9]\d{0,8}$/.test(given.text)) return Number(given.text);
  throw refused(given, 'a count', 'Give a whole number from 1 on.');
}

export function asHost(given: Given): string {
  if (isIP(given.text) !== 0 || given.text === 'localhost') return given.text;
  throw refused(given, 'an IP address', 'Give an address of this machine, e.g. 127.0.0.1 or 0.0.0.0 for all of them.');
}

export function asSubnet(given: Given): string {
  if (subnetOf(given.text)) return given.text;
  throw refused(given, 'an address and not a network', 'Give what calls from there, e.g. 127.0.0.1 or 10.0.0.0/8.');
}

/** As in a signed note: no white space and no `+`. */
export function asName(given: Given): string {
  if (/^[\x21-\x2a\x2c-\x7e]{1,128}$/.test(given.text)) return given.text;
  throw refused(given, 'a name', 'Give the address of this server without its scheme, e.g. witness.example.com/w1.');
}

/** An exact origin: it goes into a header that decides where the app may send to. */
export function asOrigin(given: Given): string {
  const { text } = given;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const here = url?.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url && (url.protocol === 'https:' || here) && text.replace(/\/$/, '') === url.origin) return url.origin;
  throw refused(given, 'an origin', 'Give scheme, host and port alone, e.g. https://relay.example.com');
}

/** A host as a capability names it. */
export function asSkillHost(given: Given): string {
  if (isGrant(`http.fetch:${given.text}`)) return `https://${given.text}`;
  throw refused(given, 'a host’s name', 'Give the DNS name alone, in lower case, e.g. api.example.com');
}

export function asLevel(given: Given): Level {
  const level = LEVELS.find((one) => one === given.text);
  if (level) return level;
  throw refused(given, 'a level', `Give one of ${LEVELS.join(', ')}.`);
}
