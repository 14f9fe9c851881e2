import type { Identity, IdentityService } from '../../identity';
import type { Storage } from '../../storage';
import { HaltError } from '../halts';

/**
 * The identity, made on the first start without asking. `undefined`: it is sealed and waits for the owner.
 * @throws HaltError when what is stored does not hold together, or is gone while its log is here.
 */
export async function bootIdentity(service: IdentityService, storage: Storage): Promise<Identity | undefined> {
  if (service.identity) return service.identity;
  const found = await service.open();
  switch (found.state) {
    case 'open':
      return found.identity;
    case 'locked':
      return undefined;
    case 'broken':
      throw new HaltError(found.code, found.message);
    case 'fresh':
      if ((await storage.log.length()) > 0) throw new HaltError('identity_missing');
      return service.create();
  }
}
