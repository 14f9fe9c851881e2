import { SovereignError } from '../../protocol/errors';

export type EffectCode =
  | 'bad_payload' // the bytes are not those that the order names
  | 'not_found'
  | 'digest_mismatch'
  | 'pointer_moved' // the registry is not in the state that was approved
  | 'export_not_verified'
  | 'wrong_effect'; // an order for another of the audience's actions

export class EffectError extends SovereignError<EffectCode> {
  override readonly name = 'EffectError';
}
