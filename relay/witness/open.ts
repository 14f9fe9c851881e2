/** Puts a witness together out of its directory: lock, journal, key. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { WriterLock } from '../../cli/home/storage-lock';
import { sha256Hex, signerFromSeed } from '../../src/crypto';
import type { NoteKey } from '../../src/crypto';
import { systemClock } from '../../src/protocol/runtime';
import { Witness, WitnessError } from '../../src/witness';
import type { Fork } from '../../src/witness';
import { makeSeed, readSeed } from '../seed-file';
import { makeStateDirectory } from '../state-directory';
import { JOURNAL_FILE, Journal } from './journal';

export const KEY_FILE = 'witness.key';

interface WitnessSettings {
  /** Directory for key and journal; made with mode 0700. */
  state: string;
  /** Its name in signatures; made from its key when there is none. */
  name: string | undefined;
  logs: readonly NoteKey[];
  open: boolean;
  onFork: (fork: Fork) => void;
}

export interface RunningWitness {
  witness: Witness;
  close(): Promise<void>;
}

/** @throws RelayError `state_unusable`; WitnessError `state_broken`; StorageError `unavailable` while another runs. */
export async function openWitness({ state, name, logs, open, onFork }: WitnessSettings): Promise<RunningWitness> {
  await makeStateDirectory(state);
  let journal: Journal | undefined;
  const lock = new WriterLock(state, async () => journal?.settled());
  await lock.claim();
  try {
    const known = await readSeed(state, KEY_FILE);
    if (known && !(await exists(join(state, JOURNAL_FILE)))) {
      throw new WitnessError('state_broken', `there is a key in ${state}, but not the record of what it signed`, {
        advice: `Put ${JOURNAL_FILE} back. If it is lost, delete the key: what starts then is a new witness.`,
      });
    }
    // Before the key: a key without a journal is one that forgot what it signed.
    journal = await Journal.open(state, () => lock.check());
    const seed = known ?? (await makeSeed(state, KEY_FILE));
    const signer = await signerFromSeed(seed);
    seed.fill(0);
    const own = `sovereign-witness/${sha256Hex(signer.publicKey).slice(0, 16)}`;
    const witness = new Witness({ name: name ?? own, signer, clock: systemClock, store: journal, logs, open, onFork });
    const opened = journal;
    return {
      witness,
      close: async () => {
        await opened.close();
        await lock.release();
      },
    };
  } catch (error) {
    await journal?.close();
    await lock.release();
    throw error;
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
