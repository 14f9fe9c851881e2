/** Files that the operator's options name. */
import { readFile } from 'node:fs/promises';
import { parseSwarmKey } from '../src/mesh/pnet';
import { readLogList } from '../src/witness';
import { RelayError } from './errors';

/** The 32 bytes of a relay key. @throws RelayError `bad_option` */
export async function readKeyFile(path: string): Promise<Uint8Array> {
  try {
    return parseSwarmKey(await readFile(path, 'utf8'));
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code === 'wrong_key' ? (cause as Error).message : 'it cannot be read';
    throw new RelayError('bad_option', `relay key file ${path}: ${why}`, {
      cause,
      advice: 'Name a file that `sovereign swarm-key` wrote.',
    });
  }
}

/** Vkeys of the logs that a witness serves. @throws RelayError `bad_option`; WitnessError for a line that is none */
export async function readLogs(path: string): Promise<ReturnType<typeof readLogList>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new RelayError('bad_option', `the list of logs ${path} cannot be read`, { cause, advice: 'Name a file.' });
  }
  return readLogList(text);
}
