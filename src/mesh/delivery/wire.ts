/** What is said on `/sovereign/deliver/1.0.0`: docs/mesh-protocols.md. */
import * as v from 'valibot';
import type { Json } from '../../protocol/json';
import { MESH_LIMITS } from '../../protocol/mesh-limits';

export const DELIVER = '/sovereign/deliver/1.0.0';

const number = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const id = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));
const kind = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9_.-]*$/), v.maxLength(MESH_LIMITS.deliverKindChars));
const json = v.custom<Json>((value) => value !== undefined);

/** First word: which row of messages this is. A sender that lost its storage, or got an old one back, begins another. */
export const Hello = v.strictObject({ v: v.literal(1), row: id });
/** The answer: the last of that row that is kept here; 0 for none. */
export const Known = v.strictObject({ last: number });
export const Message = v.strictObject({ number: v.pipe(number, v.minValue(1)), id, kind, body: json });
export const Outcome = v.variant('outcome', [
  v.strictObject({ number, outcome: v.literal('kept') }),
  v.strictObject({ number, outcome: v.literal('refused'), why: v.pipe(v.string(), v.maxLength(512)) }),
  /** It could not be kept now; nothing behind it was looked at. */
  v.strictObject({ number, outcome: v.literal('later') }),
]);

/** `sent`: the highest number that may have gone out; rows of earlier versions have none. */
export const Row = v.strictObject({ row: id, next: v.pipe(number, v.minValue(1)), sent: v.optional(number) });
export const Waiting = v.strictObject({ id, kind, body: json, until: number });
export const Received = v.strictObject({ row: id, last: number });
/** Number, row, outcome: far less than this. */
export const WORD_BYTES = 1024;
/** The message's own fields around its body. */
export const MESSAGE_BYTES = MESH_LIMITS.deliverBytes + 512;
