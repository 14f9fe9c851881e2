/** The mesh's part of the relay, put together out of its options and its state directory. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { IncomingMessage } from 'node:http';
import { hex } from '../../src/crypto';
import { relayAddressOf } from '../../src/mesh/address';
import { systemRandom } from '../../src/protocol/runtime';
import { RelayError } from '../errors';
import { codeOf, silent, type Log } from '../log';
import { readKeyFile } from '../named-files';
import type { Answer } from '../respond';
import { makeSeed, readSeed, writePrivate } from '../seed-file';
import { startStun } from '../stun/server';
import { AdmissionHttp } from './http';
import { RADIO_LIMITS, type RadioLimits } from './limits';
import { NetworkFiles } from './network-files';
import { openRadio } from './radio';
import type { Radio, RadioOptions, RadioStatus } from './radio';

export interface MeshOptions {
  /** Directory for the relay's key, its token and the keys of networks; without one they end with the process. */
  state: string | undefined;
  /** Swarm key files of relay keys. */
  keyFiles: readonly string[];
  /** Where browsers reach the server, when that is not where it listens. */
  publicUrl: string | undefined;
  /** UDP port; `undefined` for no STUN. */
  stunPort: number | undefined;
  stunHost: string;
  addressOf: (request: IncomingMessage) => string;
  /** Nothing but this machine can reach the server. */
  trustsMachine: boolean;
  limits?: Partial<RadioLimits>;
  log?: Log;
}

export interface MeshStatus extends RadioStatus {
  limits: RadioLimits;
  /** `undefined` without a STUN responder. */
  stunAnswers: number | undefined;
}

export interface MeshService {
  readonly radio: Radio;
  /** For whom the token is: a new mesh elsewhere. Its file, where there is a state directory. */
  readonly tokenFile: string | undefined;
  /** `stun:` URL of the responder, where there is one. */
  readonly stunUrl: string | undefined;
  answer(request: IncomingMessage): Promise<Answer>;
  status(): MeshStatus;
  stop(): Promise<void>;
}

const KEY_FILE = 'relay.key';
const TOKEN_FILE = 'admission-token';
const TOKEN = /^[0-9a-f]{64}\n?$/;
/** Networks that nobody used for so long are forgotten: their members changed keys, or went away. */
const IDLE_MS = 90 * 86_400_000;

/** `url`: where the server listens. @throws RelayError, MeshError `wrong_key` */
export async function openMeshService(options: MeshOptions, url: string): Promise<MeshService> {
  const { state, stunPort, stunHost, addressOf, trustsMachine, publicUrl = url, log = silent } = options;
  const limits = { ...RADIO_LIMITS, ...options.limits };
  const files = state === undefined ? undefined : await NetworkFiles.open(state);
  const configured = await Promise.all(options.keyFiles.map(readKeyFile));
  const kept = (await files?.load(Date.now(), IDLE_MS)) ?? [];
  const announce = addressOfUrl(publicUrl);
  const radio = await openRadio({
    seed: await stateSecret(state, KEY_FILE),
    keys: configured,
    kept,
    announce: [announce],
    addressOf,
    limits,
    log,
    ...(files ? keeper(files, log) : {}),
  });
  const stun = stunPort === undefined ? undefined : await startStun(stunHost, stunPort, () => performance.now());
  const stunUrl = stun && `stun:${new URL(publicUrl).hostname}:${String(stun.port)}`;
  const token = state === undefined ? undefined : await tokenIn(state);
  const http = new AdmissionHttp({
    admit: (key) => radio.admit(key),
    told: () => ({ peer: radio.peer, addresses: [announce], stun: stunUrl === undefined ? [] : [stunUrl] }),
    token,
    trustsMachine,
    addressOf,
    now: () => performance.now(),
    log,
  });
  return {
    radio,
    tokenFile: state === undefined ? undefined : join(state, TOKEN_FILE),
    stunUrl,
    answer: (request) => http.answer(request),
    status: () => ({ ...radio.status(), limits, stunAnswers: stun?.answered }),
    async stop() {
      await Promise.all([radio.stop(), stun?.stop()]);
    },
  };
}

/** A file whose time cannot be set is one that is forgotten too early: the operator is told, and the member is served. */
const keeper = (files: NetworkFiles, log: Log): Required<Pick<RadioOptions, 'keep' | 'shown'>> => ({
  keep: (key) => files.add(key),
  shown: (key) => {
    files
      .used(key, Date.now())
      .catch((error: unknown) => log('error', 'network_use_not_kept', { code: codeOf(error) }));
  },
});

/** 32 bytes that outlive the process, where there is a state directory. */
async function stateSecret(state: string | undefined, name: string): Promise<Uint8Array> {
  if (state === undefined) return systemRandom.bytes(32);
  return (await readSeed(state, name)) ?? (await makeSeed(state, name));
}

/** As text, for a person to copy. */
async function tokenIn(state: string): Promise<string> {
  const known = await readFile(join(state, TOKEN_FILE), 'utf8').catch(() => undefined);
  if (known !== undefined && TOKEN.test(known)) return known.trim();
  const token = hex(systemRandom.bytes(32));
  await writePrivate(state, TOKEN_FILE, `${token}\n`);
  return token;
}

function addressOfUrl(url: string): string {
  const address = relayAddressOf(url.replace(/\/$/, ''));
  if (address !== undefined) return address;
  throw new RelayError('bad_option', `${url} is not an origin`, {
    advice: 'Give scheme, host and port alone, e.g. https://relay.example.com',
  });
}
