/**
 * What a relay that stops tells each member: go elsewhere, and come back not before so long. The relay opens a stream of
 * {@link RELAY_NOTICE} on the connection that it has with the member, writes one JSON object, and closes; the member
 * answers nothing. Members that do not speak it notice when the relay is gone.
 */
import * as v from 'valibot';
import { parseJson, utf8 } from '../crypto';
import { MESH_LIMITS } from '../protocol/mesh-limits';
import { MeshError } from './errors';

export const RELAY_NOTICE = '/sovereign/relay-notice/1.0.0';

const notice = v.object({
  reason: v.picklist(['stopping']),
  /** Milliseconds; each member is told another time, so that not all come back at once. */
  retry_after_ms: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MESH_LIMITS.relayAwayMs)),
});
export type RelayNotice = v.InferOutput<typeof notice>;

export const formatNotice = (value: RelayNotice): Uint8Array<ArrayBuffer> => utf8(JSON.stringify(value));

/** Fields that are not known are left alone, for relays to come. @throws MeshError `frame_malformed` */
export function parseNotice(bytes: Uint8Array): RelayNotice {
  const malformed = (cause?: unknown): MeshError =>
    new MeshError('frame_malformed', 'this is no notice of a relay', { cause });
  if (bytes.length > MESH_LIMITS.relayNoticeBytes) throw malformed();
  let value: unknown;
  try {
    value = parseJson(bytes);
  } catch (cause) {
    throw malformed(cause);
  }
  const parsed = v.safeParse(notice, value);
  if (!parsed.success) throw malformed();
  return parsed.output;
}
