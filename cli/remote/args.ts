import { homedir } from 'node:os';
import { parseArgs } from 'node:util';
import { defaultSocket } from '../daemon/socket';
import { defaultHome } from '../home/home';
import { COMMANDS, type RemoteCommand } from './usage';

export interface RemoteArgs {
  socket: string;
  json: boolean;
  words: string[];
  values: Readonly<Record<string, unknown>>;
}

/** What is wrong with the arguments: exit code 2. */
export class BadArgs extends Error {
  override readonly name = 'BadArgs';
}

/** @throws BadArgs with a sentence for the user */
export function readRemoteArgs(command: RemoteCommand, argv: readonly string[]): RemoteArgs {
  const { takes, options } = COMMANDS[command];
  const { values, positionals } = parse(argv, options);
  if (positionals.length < takes[0]) throw new BadArgs('Something is missing.');
  if (positionals.length > takes[1])
    throw new BadArgs(`It takes ${takes[1] === 0 ? 'no' : takes[1]} words of its own.`);
  const { socket, home, json, ...rest } = values;
  if (socket === '' || home === '') throw new BadArgs('--home and --socket need a path.');
  const surroundings = { platform: process.platform, env: process.env, userHome: homedir() };
  return {
    socket:
      typeof socket === 'string' ? socket : defaultSocket(typeof home === 'string' ? home : defaultHome(surroundings)),
    json: json === true,
    words: positionals,
    values: rest,
  };
}

function parse(argv: readonly string[], options: (typeof COMMANDS)[RemoteCommand]['options']) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        ...options,
        socket: { type: 'string' },
        home: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new BadArgs((error as Error).message);
  }
}

/** A whole number from 0. @throws BadArgs */
export function wholeNumber(name: string, value: unknown): number {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : NaN;
  if (!Number.isSafeInteger(number)) throw new BadArgs(`--${name} is a whole number.`);
  return number;
}

/** @throws BadArgs when it was not given */
export function given(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new BadArgs(`--${name} is missing.`);
}
