import { SovereignError } from '../src/protocol/errors';

export type RelayCode =
  | 'bad_option'
  | 'app_missing'
  | 'port_in_use'
  | 'address_refused'
  | 'certificate_unusable'
  | 'state_unusable'
  | 'networks_full';

/** Why the relay did not start, or did not take on a network. */
export class RelayError extends SovereignError<RelayCode> {
  override readonly name = 'RelayError';
}
