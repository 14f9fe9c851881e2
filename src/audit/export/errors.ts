import { SovereignError } from '../../protocol/errors';

export type ExportCode =
  | 'bad_bundle' // a name that a bundle may not have, a key that is not the log's, a checkpoint of another log
  | 'bundle_too_large'
  | 'cancelled'
  | 'evidence_missing'; // details.sha256: the log names it, but the store no longer has it

export class ExportError extends SovereignError<ExportCode> {
  override readonly name = 'ExportError';
}

export const tooLarge = (what: string): ExportError =>
  new ExportError('bundle_too_large', `${what} is larger than a verifier reads.`, {
    advice: 'Export one run instead of all.',
  });

export function badBundle(why: string): never {
  throw new ExportError('bad_bundle', `This cannot be put into a bundle: ${why}.`);
}
