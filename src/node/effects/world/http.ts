import * as v from 'valibot';
import type { AuditLog } from '../../../audit';
import { base64, fromBase64, sha256Hex } from '../../../crypto';
import { LIMITS } from '../../../protocol/limits';
import { AS_NOBODY, readBody, TooLong } from '../../fetching';
import type { Fetch } from '../../witness';
import { WorldError } from './errors';

/** Headers that a skill may set. What says who asks (cookies, authorisation) or steers the connection is not among them. */
const ASKED =
  /^(?:accept|accept-language|content-language|content-type|if-none-match|if-modified-since|range|x-[a-z0-9-]+)$/;
/** Headers of an answer that a skill hears: those about its content. */
const HEARD = [
  'content-type',
  'content-language',
  'content-range',
  'etag',
  'last-modified',
  'cache-control',
  'expires',
];

const Request = v.strictObject({
  method: v.optional(v.picklist(['GET', 'POST']), 'GET'),
  url: v.pipe(v.string(), v.maxLength(LIMITS.linkChars)),
  headers: v.optional(
    v.record(v.pipe(v.string(), v.toLowerCase(), v.regex(ASKED)), v.pipe(v.string(), v.maxLength(1_024))),
    {},
  ),
  body: v.optional(v.string(), ''),
});

export interface Http {
  fetch: Fetch;
  log: Pick<AuditLog, 'append'>;
  orderId: string;
  grants: readonly string[];
}

/**
 * One request to a host that the order names: HTTPS, GET or POST, no credentials, no redirect, bounded in time and size.
 * What was asked and answered stands in the log, by host and digests, before the skill hears it; a POST, which may change
 * something there, before it is sent too, so that a crash in between leaves more than a run that was interrupted.
 *
 * @throws WorldError, whose message the skill hears
 */
export async function httpFetch(http: Http, bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  const { url, init } = read(bytes, http.grants);
  const line = { order_id: http.orderId, method: init.method!, host: url.host, request_sha256: sha256Hex(bytes) };
  const append = (more: { status: number | null; response_sha256: string | null; error?: string }) =>
    http.log.append({ type: 'HTTP_FETCHED', data: { ...line, ...more } });
  if (line.method === 'POST') await append({ status: null, response_sha256: null, error: 'about to be sent' });
  let answer: { status: number; bytes: Uint8Array };
  try {
    answer = await ask(http.fetch, url, init, signal);
  } catch (error) {
    const refusal = error instanceof WorldError ? error : new WorldError('there was no answer that may be read');
    await append({ status: null, response_sha256: null, error: refusal.message });
    throw refusal;
  }
  await append({ status: answer.status, response_sha256: sha256Hex(answer.bytes) });
  return answer.bytes;
}

function read(bytes: Uint8Array, grants: readonly string[]): { url: URL; init: RequestInit } {
  const parsed = v.safeParse(Request, jsonOf(bytes));
  const url = parsed.success ? URL.parse(parsed.output.url) : null;
  const body = parsed.success ? fromBase64(parsed.output.body) : undefined;
  if (!parsed.success || !url || !body) throw new WorldError('this is no request that the node makes');
  if (url.protocol !== 'https:' || url.username !== '' || url.password !== '')
    throw new WorldError('only HTTPS without credentials is asked');
  if (!grants.includes(`http.fetch:${url.host}`)) throw new WorldError(`${url.host} was not granted`);
  const { method, headers } = parsed.output;
  if (method === 'GET' && body.length > 0) throw new WorldError('a GET has no body');
  return { url, init: { method, headers, ...(method === 'POST' ? { body } : {}) } };
}

async function ask(fetch: Fetch, url: URL, init: RequestInit, signal: AbortSignal) {
  const timed = AbortSignal.any([signal, AbortSignal.timeout(LIMITS.skillFetchMs)]);
  try {
    const response = await fetch(url.href, { ...init, ...AS_NOBODY, signal: timed });
    const body = await readBody(response, LIMITS.skillFetchBytes);
    const headers = Object.fromEntries(HEARD.flatMap((name) => pairOf(name, response.headers.get(name))));
    const text = JSON.stringify({ status: response.status, headers, body: base64(body) });
    return { status: response.status, bytes: new TextEncoder().encode(text) };
  } catch (error) {
    if (error instanceof TooLong) throw new WorldError(`the answer is longer than ${LIMITS.skillFetchBytes} bytes`);
    if (timed.aborted) throw new WorldError('it took too long');
    throw error;
  }
}

const pairOf = (name: string, value: string | null): [string, string][] => (value === null ? [] : [[name, value]]);

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
