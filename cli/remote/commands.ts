import { resolve } from 'node:path';
import type { IpcClient } from '../../src/mesh/ipc';
import type { Json } from '../../src/protocol/json';
import { LIMITS } from '../../src/protocol/limits';
import type { LogFilter, Params, RequestName } from '../../src/protocol/messages';
import { harmless } from '../run-view';
import type { Terminal } from '../terminal';
import { approve } from './approve';
import { BadArgs, given, wholeNumber, type RemoteArgs } from './args';
import { ask, type Said } from './ask';
import type { RemoteCommand } from './usage';
import { runOn } from './run-on';
import { logWords, statusWords } from './words';

type Command = (node: IpcClient, args: RemoteArgs, terminal: Terminal) => Promise<Said>;

const ping: Command = async (node) => {
  const began = performance.now();
  const { answer } = await ask(node, 'Ping', undefined);
  return { answer, words: `Pong in ${(performance.now() - began).toFixed(1)} ms\n` };
};

const status: Command = async (node) => {
  const { answer, result } = await ask(node, 'GetStatus', undefined);
  return { answer, words: statusWords(result) };
};

const query: Command = async (node, { words: [text], values }) => {
  const { answer, result } = await ask(node, 'QueryCore', {
    query: text!,
    params: readJson('--params', values['params']),
  });
  return { answer, words: `${harmless(JSON.stringify(result))}\n` };
};

const run: Command = async (node, { words: [skill], values }) => {
  if (values['on'] !== undefined) return runOn(node, skill!, values['input'] as string, given('on', values['on']));
  // A file is the daemon's to read, wherever it was started.
  const path = /[/\\]|\.wasm$/.test(skill!) ? resolve(skill!) : skill!;
  const { answer, result } = await ask(node, 'RunWasm', { path, input: values['input'] as string });
  return { answer, words: `${result.split('\n').map(harmless).join('\n')}\n` };
};

const log: Command = async (node, { values }) => {
  const limit = wholeNumber('limit', values['limit']);
  if (limit < 1 || limit > LIMITS.pageEntries) throw new BadArgs(`--limit is from 1 to ${LIMITS.pageEntries}.`);
  const { type, text } = values;
  // What types there are, the node says.
  const filter = { ...(type === undefined ? {} : { type }), ...(text === undefined ? {} : { text }) } as LogFilter;
  const before = values['before'] === undefined ? {} : { before: wholeNumber('before', values['before']) };
  const { answer, result } = await ask(node, 'ListEntries', { limit, filter, ...before });
  return { answer, words: logWords(result.entries) };
};

const dial: Command = async (node, { words: [addr] }) => {
  const { answer, result } = await ask(node, 'MeshDial', { addr: addr! });
  return { answer, words: `${harmless(result)}\n` };
};

const peers: Command = async (node) => {
  const { answer, result } = await ask(node, 'MeshPeers', undefined);
  return { answer, words: `${harmless(result)}\n` };
};

const verifyLicense: Command = async (node, { values }) => {
  const asked = {
    tx_id: given('tx-id', values['tx-id']),
    developer_addr: given('developer-addr', values['developer-addr']),
    required_sats: wholeNumber('required-sats', values['required-sats']),
  };
  const { answer, result } = await ask(node, 'VerifyLicense', asked);
  const words = `${result.valid ? 'VALID' : 'NOT VALID'}  ${harmless(result.details)}\n`;
  return { answer, words, code: result.valid ? 0 : 1 };
};

/** What there is to ask, the node says. */
const askAnything: Command = async (node, { words: [name, params] }) => {
  const asked = params === undefined ? undefined : readJson('The second word', params);
  const { answer, result } = await ask(node, name as RequestName, asked as Params<RequestName>);
  return { answer, words: `${JSON.stringify(result, null, 2).split('\n').map(harmless).join('\n')}\n` };
};

export const RUN: Readonly<Record<RemoteCommand, Command>> = {
  ping,
  status,
  query,
  run,
  log,
  approve,
  'mesh-dial': dial,
  'mesh-peers': peers,
  'verify-license': verifyLicense,
  ask: askAnything,
};

function readJson(name: string, text: unknown): Json {
  try {
    return JSON.parse(text as string) as Json;
  } catch (cause) {
    throw new BadArgs(`${name} is not JSON.`, { cause });
  }
}
