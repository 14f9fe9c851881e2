/** c2sp.org/tlog-witness as `/sovereign/witness/1.0.0`: one request a stream. docs/mesh-protocols.md. */
import * as v from 'valibot';

export const WITNESS = '/sovereign/witness/1.0.0';

/** What HTTP has as a path; the body follows in a frame of its own, empty for what is only asked for. */
export const Request = v.strictObject({
  v: v.literal(1),
  name: v.union([
    v.picklist(['add-checkpoint', 'add-log', 'vkey']),
    v.pipe(v.string(), v.regex(/^[0-9a-f]{64}\/checkpoint$/)),
  ]),
});
/** The status as HTTP has it; the body follows. */
export const Response = v.strictObject({
  status: v.picklist([200, 400, 403, 404, 409, 422, 503]),
  type: v.picklist(['text/plain; charset=utf-8', 'text/x.tlog.size']),
});
export const WORD_BYTES = 256;
