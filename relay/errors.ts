import { SovereignError } from '../src/protocol/errors';

export type RelayCode = 'bad_option' | 'app_missing' | 'port_in_use' | 'address_refused' | 'state_unusable';

/** Why the relay did not start. */
export class RelayError extends SovereignError<RelayCode> {
  override readonly name = 'RelayError';
}
