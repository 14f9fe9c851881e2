import { LIMITS } from '../../protocol/limits';
import type { RecordStore } from '../../storage';
import type { Handlers } from '../dispatch';
import { NodeError } from '../errors';

const PREFIX = 'setting/';

/** Small preferences of the UI, shared by all tabs; and the one about the store itself. */
export function settingHandlers(
  records: () => RecordStore,
  persist: () => Promise<boolean> = () => Promise.resolve(true),
): Pick<Handlers, 'GetSetting' | 'SetSetting' | 'PersistStorage'> {
  return {
    PersistStorage: persist,
    GetSetting: async ({ key }) => (await records().get(PREFIX + key)) ?? null,
    SetSetting: async ({ key, value }) => {
      const keys = await records().keys(PREFIX);
      if (keys.length >= LIMITS.settings && !keys.includes(PREFIX + key)) {
        throw new NodeError('overloaded', `There are ${keys.length} settings already.`);
      }
      await records().commit(new Map([[PREFIX + key, value]]));
      return null;
    },
  };
}
