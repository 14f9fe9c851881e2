import { SovereignError } from '../../protocol/errors';

export type EffectCode =
  | 'bad_payload' // the bytes are not those that the order names
  | 'not_found'
  | 'digest_mismatch'
  | 'pointer_moved' // the registry is not in the state that was approved
  | 'export_not_verified'
  | 'run_under_way' // a key does not change under a run's feet
  | 'key_unknown' // the log has no such key, or it is not to be changed in this way
  | 'recovery_invalid' // not signed by enough of the trustees, or out of date
  | 'cancelled' // stopped by who asked for it
  | 'wrong_effect'; // an order for another of the audience's actions

export class EffectError extends SovereignError<EffectCode> {
  override readonly name = 'EffectError';
}
