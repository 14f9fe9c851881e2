import * as v from 'valibot';
import { toWireError, type WireError } from '../protocol/errors';
import type { BundleFile } from '../protocol/bundle';
import { memoryReader } from './memory';
import { VerifyError, type Report, type VerifyOptions } from './types';
import { verifyBundle } from './verify';
import { zipReader } from './zip';

/** Window → worker: one bundle to check. The worker answers once and is then ended; ending it early cancels. */
export type VerifyRequest = ({ zip: Uint8Array } | { files: BundleFile[] }) & {
  /** Raw Ed25519 key from outside the bundle. */
  governanceKey?: Uint8Array;
};

/** Worker → window: any number of `progress`, then one of the others. */
export type VerifyAnswer =
  | { type: 'progress'; step: string; done: number; total: number }
  | { type: 'report'; report: Report }
  | { type: 'error'; error: WireError };

const Bytes = v.instance(Uint8Array);
const Key = v.optional(v.pipe(Bytes, v.length(32)));
const Request = v.union([
  v.strictObject({ zip: Bytes, governanceKey: Key }),
  v.strictObject({ files: v.array(v.strictObject({ path: v.string(), bytes: Bytes })), governanceKey: Key }),
]);

/** What the worker does with a message; never rejects. */
export async function serveVerify(message: unknown, answer: (message: VerifyAnswer) => void): Promise<void> {
  try {
    const parsed = v.safeParse(Request, message);
    if (!parsed.success) throw new VerifyError('unreadable', 'The verifier was not handed a bundle.');
    const { governanceKey } = parsed.output;
    const reader = 'zip' in parsed.output ? zipReader(parsed.output.zip) : memoryReader(parsed.output.files);
    const options: VerifyOptions = {
      onProgress: (step, done, total) => answer({ type: 'progress', step, done, total }),
    };
    if (governanceKey) options.governanceKey = governanceKey;
    answer({ type: 'report', report: await verifyBundle(reader, options) });
  } catch (error) {
    answer({ type: 'error', error: toWireError(error) });
  }
}
