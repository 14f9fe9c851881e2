/** What is said on `/sovereign/delegate/1.0.0`: docs/mesh-protocols.md. */
import * as v from 'valibot';
import type { JsonObject } from '../../protocol/json';
import { LIMITS } from '../../protocol/limits';

export const DELEGATE = '/sovereign/delegate/1.0.0';

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const key = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

/**
 * Module and input travel by their hashes, over the exchange of content. `request` is chosen by the asker, once. `seen`:
 * how long the member's log was at the newest head that the asker knows, 0 for none.
 */
export const Ask = v.strictObject({
  v: v.literal(1),
  request: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  skill: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
  module_sha256: sha256,
  input_sha256: sha256,
  seen: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
});
export type Ask = v.InferOutput<typeof Ask>;

/** A log entry's line without its LF, and that it is in the log (c2sp.org/tlog-proof). */
const Proven = v.strictObject({
  line: v.pipe(v.string(), v.maxLength(LIMITS.entryBytes)),
  proof: v.pipe(v.string(), v.maxLength(LIMITS.proofTextBytes)),
});
export type Proven = v.InferOutput<typeof Proven>;

/** Which keys speak for the member's log, signed by its node key, which its peer id is. */
const Keys = v.strictObject({
  v: v.literal(1),
  purpose: v.literal('sovereign-node/delegate-keys'),
  origin: v.pipe(v.string(), v.maxLength(128)),
  log: key,
  governance: key,
  signature: v.pipe(v.string(), v.length(88)),
});
export type Keys = v.InferOutput<typeof Keys>;

/** Both entries under one checkpoint, and (RFC 6962, base64) that its tree extends that of `seen`; empty for 0. */
const Done = v.strictObject({
  state: v.literal('done'),
  keys: Keys,
  authorized: Proven,
  ended: Proven,
  consistency: v.pipe(v.array(v.pipe(v.string(), v.length(44))), v.maxLength(63)),
});
export type Done = v.InferOutput<typeof Done>;

/** What a run is believed on, whole: whoever has it can judge it again. The head known before is not part of it. */
export const Evidence = v.strictObject({
  v: v.literal(1),
  /** Peer ids. */
  asker: v.pipe(v.string(), v.maxLength(128)),
  member: v.pipe(v.string(), v.maxLength(128)),
  /** What the order was to say: the asker's own of this skill. Evidence of before it was compared has none. */
  args: v.optional(v.custom<JsonObject>((args) => typeof args === 'object' && args !== null && !Array.isArray(args))),
  ask: Ask,
  answer: Done,
});
export type Evidence = v.InferOutput<typeof Evidence>;

export const Answer = v.variant('state', [
  /** It runs, or waits for an approval: more follows. */
  v.strictObject({ state: v.literal('waiting') }),
  Done,
  v.strictObject({
    state: v.literal('refused'),
    code: v.pipe(v.string(), v.regex(/^[a-z_]+$/), v.maxLength(64)),
    why: v.pipe(v.string(), v.maxLength(512)),
  }),
]);
export const ASK_BYTES = 1024;
