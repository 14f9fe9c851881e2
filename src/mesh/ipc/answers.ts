/**
 * Answers as they cross. A client of the seed's gets the seed's own types: `Error` is a string, and a status has a peer
 * id that is one. Who greeted with `{"Hello":{"v":1}}` gets errors with code and advice, and answers of any length: one
 * that does not fit a frame comes as `{"More":"…"}` as often as needed and `{"End":"…"}`, whose texts together are it.
 */
import { utf8 } from '../../crypto';
import type { WireError } from '../../protocol/errors';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { WireResponse } from '../../protocol/messages';
import { MeshError } from '../errors';
import { encodeFrame } from '../frames';
import type { Dialect } from './types';

/** UTF-16 units in one piece: each is at most 3 bytes of UTF-8, or 2 where it is escaped again. */
const PIECE = 21_000;

/** @returns the frames of an answer: one, unless it is long and the caller can put pieces together */
export function framesOf(answer: WireResponse, dialect: Dialect): Uint8Array[] {
  const said = dialect === 'seed' ? forSeed(answer) : answer;
  const text = JSON.stringify(said);
  const bytes = utf8(text).length;
  if (bytes <= MESH_LIMITS.frameBytes) return [encodeFrame(said)];
  if (dialect === 'seed' || bytes > MESH_LIMITS.answerBytes) return framesOf({ Error: tooLong(bytes) }, dialect);
  const pieces = cut(text);
  return pieces.map((piece, i) => encodeFrame(i < pieces.length - 1 ? { More: piece } : { End: piece }));
}

/** Cuts a text where no pair of surrogates is parted. */
function cut(text: string): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length;) {
    let end = Math.min(at + PIECE, text.length);
    if (end < text.length && isHigh(text.charCodeAt(end - 1))) end -= 1;
    pieces.push(text.slice(at, end));
    at = end;
  }
  return pieces;
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;

/** As serde reads them into the seed's types, which have neither an absent peer id nor an error with parts. */
function forSeed(answer: WireResponse): unknown {
  if (typeof answer === 'string') return answer;
  if ('Error' in answer) return { Error: inWords(answer.Error) };
  if ('Status' in answer) return { Status: { ...answer.Status, mesh_peer_id: answer.Status.mesh_peer_id ?? '' } };
  return answer;
}

const inWords = ({ code, message, advice }: WireError): string =>
  `${code}: ${message}${advice === undefined ? '' : ` ${advice}`}`;

const tooLong = (bytes: number): WireError => ({
  code: 'frame_too_long',
  message: `The answer has ${bytes} bytes, more than can be sent at once.`,
  advice: 'Ask for less of it.',
});

/** Puts the pieces of one answer together. */
export class AnswerReader {
  #text = '';

  /** The whole answer, or undefined while there is more to come. @throws MeshError `frame_malformed` | `frame_too_long` */
  take(value: unknown): WireResponse | undefined {
    if (value === 'Pong') return value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed();
    const [key, ...more] = Object.keys(value);
    if (key === undefined || more.length > 0) throw malformed();
    const piece = (value as Record<string, unknown>)[key];
    if (key !== 'More' && key !== 'End') return this.#text === '' ? (value as WireResponse) : refuse();
    if (typeof piece !== 'string') throw malformed();
    this.#text += piece;
    // Units of UTF-16 are at most as many as bytes of UTF-8.
    if (this.#text.length > MESH_LIMITS.answerBytes)
      throw new MeshError('frame_too_long', 'The answer is longer than any that this side takes.');
    if (key === 'More') return undefined;
    const whole = this.#text;
    this.#text = '';
    return parsed(whole);
  }
}

function parsed(text: string): WireResponse {
  try {
    return JSON.parse(text) as WireResponse;
  } catch (cause) {
    throw malformed(cause);
  }
}

const refuse = (): never => {
  throw malformed();
};
const malformed = (cause?: unknown): MeshError =>
  new MeshError('frame_malformed', 'The other side’s answer is none of this protocol.', { cause });
