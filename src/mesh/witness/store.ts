/** What a member remembers as a witness, in its records. */
import { inTurn } from '../../protocol/in-turn';
import type { RecordStore } from '../../storage';
import { WitnessError, type WitnessStore } from '../../witness';

const PREFIX = 'mesh/witness/';

/** @throws StorageError; WitnessError `state_broken` for a record that no witness wrote. */
export async function openWitnessStore(records: RecordStore): Promise<WitnessStore> {
  const live = new Map<string, string>();
  for (const key of await records.keys(PREFIX)) {
    const value = await records.get(key);
    if (typeof value !== 'string') throw new WitnessError('state_broken', 'a record of the witness is no text');
    live.set(key.slice(PREFIX.length), value);
  }
  const turn = inTurn();
  let broken: { cause: unknown } | undefined;
  return {
    get: (key) => live.get(key),
    keys: (prefix) => [...live.keys()].filter((key) => key.startsWith(prefix)),
    put: (changes) =>
      turn(async () => {
        if (broken) throw broken.cause;
        try {
          await records.commit(new Map([...changes].map(([key, value]) => [PREFIX + key, value])));
        } catch (cause) {
          // What is stored now is unknown; only a restart reads it. Until then nothing is promised.
          broken = { cause };
          throw cause;
        }
        for (const [key, value] of changes) live.set(key, value);
      }),
  };
}
