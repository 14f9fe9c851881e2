import * as v from 'valibot';
import { ApprovalShape } from '../../governance';
import type { JsonObject } from '../../protocol/json';

/** A decision that a device signed with its own key, as the act `ask` carries it. Only the mesh's own door makes one. */
const Carried = v.strictObject({
  signed: v.strictObject({
    /** Peer id and raw key, hex, of the device. */
    peer: v.string(),
    key: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    approval: ApprovalShape,
  }),
});
export type SignedDecision = v.InferOutput<typeof Carried>['signed'];

export function readSigned(params: JsonObject | null): SignedDecision | undefined {
  const parsed = v.safeParse(Carried, params);
  return parsed.success ? parsed.output.signed : undefined;
}
