/** What is said on `/sovereign/content/1.0.0`: docs/mesh-protocols.md. */
import * as v from 'valibot';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { chunksOf, STATE_BYTES } from './chain';

export const CONTENT = '/sovereign/content/1.0.0';

const number = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

export const Want = v.strictObject({ v: v.literal(1), sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)) });
/** The states follow in a frame of their own. `null`: it is not here, or not for you. */
export const Have = v.strictObject({ bytes: v.nullable(v.pipe(number, v.maxValue(MESH_LIMITS.contentBytes))) });
export const Ask = v.strictObject({ chunk: number });
export const WORD_BYTES = 256;

/** Length of the frame with the states. */
export const stateBytes = (bytes: number): number => (chunksOf(bytes) - 1) * STATE_BYTES;
