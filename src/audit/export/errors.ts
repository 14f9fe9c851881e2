import { SovereignError } from '../../protocol/errors';

export type ExportCode =
  | 'bad_bundle' // a name that a bundle may not have, or a text under a wrong hash
  | 'bundle_too_large'
  | 'evidence_missing'; // details.sha256: the log names it, but the store no longer has it

export class ExportError extends SovereignError<ExportCode> {
  override readonly name = 'ExportError';
}
