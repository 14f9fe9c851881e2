import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { hex, jcs } from '../src/crypto';
import { createIdentityService, type Identity } from '../src/identity';
import { parseRecovery, signBody } from '../src/keys';
import { SovereignError } from '../src/protocol/errors';
import { LIMITS } from '../src/protocol/limits';
import { systemClock, systemRandom } from '../src/protocol/runtime';
import { fileDeviceKey } from './home/device-key';
import { defaultHome } from './home/home';
import { STORE } from './home/node';
import { openFileStorage } from './home/storage';
import { machineTraits } from './home/traits';
import { harmless } from './run-view';
import type { Terminal } from './terminal';

export const TRUSTEE_USAGE = `Usage: sovereign trustee key [--home DIR]
       sovereign trustee sign FILE [--home DIR]

For whom somebody else's node named a trustee.

  key    prints this home's owner key: give it to the owner who wants to name you
  sign   signs the recovery text in FILE with this home's owner key, and prints the line to send back.
         It gives that node a new owner key, so speak to its owner first. Nothing but a recovery text is signed
  --home where the node keeps its keys (default: the platform's data directory)

Exit code: 0 done, 1 the keys cannot be used, 2 wrong usage, or a file that is no recovery text.
`;

/** `sovereign trustee`. Reads the home's keys and writes nothing there. Answers the exit code. */
export async function runTrustee(argv: readonly string[], terminal: Pick<Terminal, 'out' | 'err'>): Promise<number> {
  const asked = readArgs(argv);
  if (typeof asked === 'string') {
    terminal.err(asked);
    return 2;
  }
  const text = asked.file === undefined ? undefined : await readText(asked.file);
  const recovery = text === undefined ? undefined : readRecovery(text);
  if (asked.file !== undefined && !recovery) {
    terminal.err(`${harmless(asked.file)} is not the text of a recovery. Ask its owner for it again.\n`);
    return 2;
  }
  try {
    const { signers } = await openIdentity(asked.home);
    const key = hex(signers.owner.publicKey);
    if (!recovery) {
      terminal.out(`${key}\n`);
      return 0;
    }
    terminal.err(
      `Signing that ${recovery.origin} takes the owner key ${recovery.key} in place of ${recovery.previous}.\n`,
    );
    terminal.out(`${jcs({ key, signature: await signBody(signers.owner, recovery) })}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof SovereignError)) throw error;
    terminal.err(`${harmless(error.message)}\n${error.advice === undefined ? '' : `${harmless(error.advice)}\n`}`);
    return 1;
  }
}

function readArgs(argv: readonly string[]): { home: string; file: string | undefined } | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { home: { type: 'string' } },
      allowPositionals: true,
    });
    const [command, file] = positionals;
    const home = values.home ?? defaultHome({ platform: process.platform, env: process.env, userHome: homedir() });
    if (command === 'key' && positionals.length === 1) return { home, file: undefined };
    if (command === 'sign' && file !== undefined && positionals.length === 2) return { home, file };
    return TRUSTEE_USAGE;
  } catch (error) {
    return `${(error as Error).message}\n\n${TRUSTEE_USAGE}`;
  }
}

async function readText(file: string): Promise<string> {
  const info = await stat(file).catch(() => undefined);
  return info?.isFile() && info.size <= LIMITS.entryBytes ? readFile(file, 'utf8') : '';
}

/** Only the exact text: a key that signs what it is handed would sign anything. */
function readRecovery(text: string): ReturnType<typeof parseRecovery> {
  try {
    const recovery = parseRecovery(JSON.parse(text));
    return recovery && jcs(recovery) === text.trim() ? recovery : undefined;
  } catch {
    return undefined;
  }
}

async function openIdentity(home: string): Promise<Identity> {
  const store = join(home, STORE);
  if (!(await stat(store).catch(() => undefined))?.isDirectory()) throw noIdentity(home);
  const storage = await openFileStorage(store);
  try {
    const deps = { deviceKey: fileDeviceKey(home), traits: machineTraits(), clock: systemClock, random: systemRandom };
    const found = await createIdentityService({ records: storage.records, ...deps }).open();
    if (found.state === 'open') return found.identity;
    if (found.state === 'broken') throw new SovereignError(found.code, found.message);
    if (found.state === 'fresh') throw noIdentity(home);
    throw new SovereignError('locked', 'The keys in this home are sealed.', {
      advice: 'Sign in the app, under Settings.',
    });
  } finally {
    await storage.close();
  }
}

const noIdentity = (home: string): SovereignError =>
  new SovereignError('no_identity', `There is no node in ${home}.`, { advice: 'Choose its home with --home.' });
