import { createIdentityService, type Identity, type IdentityService, type PublicIdentity } from '../../identity';
import type { Json } from '../../protocol/json';
import type { RecordStore } from '../../storage';
import type { Handlers } from '../dispatch';
import { NodeError } from '../errors';
import type { Machine } from '../node';

type IdentityHandlers = Pick<
  Handlers,
  | 'GetIdentity'
  | 'Unlock'
  | 'Seal'
  | 'GetRecoveryPhrase'
  | 'ExportBackup'
  | 'RestorePhrase'
  | 'RestoreBackup'
  | 'RebindDevice'
>;

export function identityHandlers(machine: Machine): IdentityHandlers {
  const service = () => machine.service();
  return {
    GetIdentity: () => publicIdentity(machine),
    Unlock: async (how) => {
      const identity = await service().unlock(how);
      await machine.unlocked();
      return identity.public;
    },
    Seal: async (how) => {
      const sealed = await service().seal(how);
      await machine.running().log.append({ type: 'KEY_SEALED', data: { seal: sealed.seal } });
      machine.events.emit({ type: 'identity' });
      return sealed;
    },
    GetRecoveryPhrase: async () => ({ words: await service().recoveryPhrase() }),
    ExportBackup: async ({ passphrase }) => ({ file: await service().exportBackup(passphrase) }),
    RestorePhrase: ({ words }) => restore(machine, (target) => target.restoreFromPhrase(words)),
    RestoreBackup: ({ file, passphrase }) => restore(machine, (target) => target.restoreFromBackup(file, passphrase)),
    RebindDevice: async ({ words }) => {
      const identity = await service().rebind(words);
      await machine.boot('DEVICE_REBOUND');
      return identity.public;
    },
  };
}

async function publicIdentity(machine: Machine): Promise<PublicIdentity> {
  const open = machine.service().identity;
  if (open) return open.public;
  const found = await machine.service().open();
  if (found.state === 'locked') return found.public;
  throw new NodeError('not_ready', 'There is no identity yet.');
}

/**
 * Tries the phrase or file on an empty store first, so that a mistyped one costs nothing; only then does it take the
 * place of an identity that has done nothing yet.
 */
async function restore(
  machine: Machine,
  from: (target: IdentityService) => Promise<Identity>,
): Promise<PublicIdentity> {
  const { clock, random, deviceKey, traits } = machine.options;
  await from(createIdentityService({ records: scratch(), clock, random, deviceKey, traits }));
  await machine.clearIfPristine();
  const identity = await from(machine.service());
  await machine.boot('IDENTITY_RESTORED');
  return identity.public;
}

/** Records that nobody keeps. */
function scratch(): RecordStore {
  const kept = new Map<string, Json>();
  return {
    get: (key) => Promise.resolve(kept.get(key)),
    keys: (prefix) => Promise.resolve([...kept.keys()].filter((key) => key.startsWith(prefix))),
    commit: (changes) => {
      for (const [key, value] of changes) {
        if (value === undefined) kept.delete(key);
        else kept.set(key, value);
      }
      return Promise.resolve();
    },
  };
}
