import { createIdentityService, type IdentityService } from '../../identity';
import type { Storage } from '../../storage';
import { NeedsBoot } from '../faults';
import { lend } from '../guarded';
import type { Supervisor } from '../supervisor';
import type { NodeOptions } from '../types';

/** The store as everybody else holds it: the handle below may be replaced by a restart at any time. */
export function lendStorage(current: () => Storage): Storage {
  return {
    log: lend(() => current().log),
    records: lend(() => current().records),
    blobs: lend(() => current().blobs),
    usage: () => current().usage(),
    claimWriter: () => current().claimWriter(),
    close: () => current().close(),
  };
}

/** Opens the store and the identity service over it. @throws whatever keeps the store from being opened. */
export async function openStore(supervisor: Supervisor, options: NodeOptions, storage: Storage): Promise<void> {
  const { clock, random, deviceKey, traits, passkey } = options;
  await supervisor.add<Storage>({
    name: 'storage',
    needs: [],
    vital: true,
    start: async (life) => {
      const opened = await options.openStorage();
      await opened.claimWriter().catch(async (error: unknown) => {
        await opened.close();
        throw error;
      });
      const { log, records, blobs } = opened;
      const watch = <T extends object>(part: T): T => supervisor.watch('storage', part, life);
      return { ...lendStorage(() => opened), log: watch(log), records: watch(records), blobs: watch(blobs) };
    },
    stop: (opened) => opened.close(),
  });
  await supervisor.add<IdentityService>({
    name: 'identity',
    // Not the store: what is open stays open while the store restarts under it.
    needs: [],
    vital: true,
    start: async (life) => {
      const records = life.lend(() => storage.records);
      const parts = { records, clock, random, deviceKey, traits, ...(passkey ? { passkey } : {}) };
      const service = createIdentityService(parts);
      if (life.restarts > 0 && (await service.open()).state !== 'open') throw new NeedsBoot();
      return service;
    },
  });
}
