import { IdentityError, type Identity, type IdentityService } from './types';

/** @throws IdentityError `locked` */
export function openedIdentity({ identity }: Pick<IdentityService, 'identity'>): Identity {
  if (identity) return identity;
  throw keysLocked();
}

export const keysLocked = (): IdentityError =>
  new IdentityError('locked', 'The keys are locked', { advice: 'Unlock them first.' });
