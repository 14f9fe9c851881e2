import { hex, type Sha256 } from '../crypto';

/** Taken at once: a skill’s worker deletes it from its scope before it runs anything. */
const { subtle } = crypto;

/** SHA-256 by the engine: in a fresh thread, JavaScript that has not run before is slow over a whole memory. */
export async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<Sha256> {
  return hex(new Uint8Array(await subtle.digest('SHA-256', bytes)));
}
