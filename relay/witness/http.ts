/** The witness over HTTP (c2sp.org/tlog-witness), under /witness. Anyone may ask, from any web page: it holds no secrets. */
import type { IncomingMessage } from 'node:http';
import { LIMITS } from '../../src/protocol/limits';
import type { Reply, Witness } from '../../src/witness';
import { readBody } from '../body';
import { witnessHeaders } from '../headers';
import { codeOf, type Log } from '../log';
import type { Answer } from '../respond';
import { holderOf, Quota } from '../radio/quota';
import { RateLimit } from '../rate';

const PREFIX = '/witness/';
const CHECKPOINT = /^([0-9a-f]{64})\/checkpoint$/;
const GET = 'GET, HEAD, OPTIONS';
const POST = 'POST, OPTIONS';

export const isWitnessPath = (path: string): boolean => path.startsWith(PREFIX);

export interface WitnessHttpOptions {
  witness: Witness;
  /** Milliseconds of a clock that never goes back. */
  now: () => number;
  /** Whose request it is. */
  addressOf: (request: IncomingMessage) => string;
  /** Logs that one address may register in an hour. */
  registrations: number;
  log: Log;
}

export class WitnessHttp {
  readonly #witness: Witness;
  readonly #registrations: RateLimit;
  readonly #addressOf: (request: IncomingMessage) => string;
  readonly #log: Log;
  readonly #bodies = new Quota(LIMITS.witnessBodies, LIMITS.witnessBodiesPerAddress);
  #underWay = 0;

  constructor({ witness, now, addressOf, registrations, log }: WitnessHttpOptions) {
    this.#witness = witness;
    this.#addressOf = addressOf;
    this.#log = log;
    this.#registrations = new RateLimit(registrations, LIMITS.witnessRegistrationsMs, now);
  }

  /** Answers a request for `path`, which is under the prefix. Never rejects. */
  async answer(request: IncomingMessage, path: string): Promise<Answer> {
    const name = path.slice(PREFIX.length);
    if (request.method === 'OPTIONS') return answer(204, '');
    if (name === 'add-checkpoint' || name === 'add-log') {
      if (request.method !== 'POST') return answer(405, 'Only POST is served here.\n', { Allow: POST });
      return this.#post(request, name);
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'Only GET.\n', { Allow: GET });
    return this.#get(name);
  }

  #get(name: string): Answer {
    if (name === 'vkey') return answer(200, `${this.#witness.vkey}\n`);
    if (name === 'forks') {
      const body = `${JSON.stringify({ forks: this.#witness.forks() })}\n`;
      return answer(200, body, { 'Content-Type': 'application/json; charset=utf-8' });
    }
    const origin = CHECKPOINT.exec(name)?.[1];
    const note = origin && this.#witness.checkpoint(origin);
    return note ? answer(200, note) : answer(404, 'There is nothing here.\n');
  }

  async #post(request: IncomingMessage, name: 'add-checkpoint' | 'add-log'): Promise<Answer> {
    const address = this.#addressOf(request);
    if (name === 'add-log' && !this.#registrations.take(address)) {
      return answer(429, 'Too many logs from this address.\n', { 'Retry-After': '3600' });
    }
    const read = this.#bodies.take(holderOf(address));
    if (!read) return busy();
    try {
      const body = await readBody(request, LIMITS.witnessRequestBytes).finally(read);
      if (!body) return answer(413, 'The request is too large.\n', { Connection: 'close' });
      return await this.#work(name, body);
    } catch (error) {
      // The disk, or a caller that went away. The cosignature was not given, so nothing is promised.
      this.#log('error', 'witness_failed', { code: codeOf(error) });
      return busy();
    }
  }

  async #work(name: 'add-checkpoint' | 'add-log', body: Buffer): Promise<Answer> {
    if (this.#underWay >= LIMITS.witnessRequests) return busy();
    this.#underWay++;
    try {
      const {
        status,
        type,
        body: text,
      }: Reply = name === 'add-log' ? await this.#witness.addLog(body) : await this.#witness.addCheckpoint(body);
      return answer(status, text, { 'Content-Type': type });
    } finally {
      this.#underWay--;
    }
  }
}

const busy = (): Answer => answer(503, 'The witness cannot answer now.\n', { 'Retry-After': '10' });

function answer(status: number, body: string, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { ...witnessHeaders(), 'Content-Type': 'text/plain; charset=utf-8', ...headers },
    body: Buffer.from(body),
  };
}
