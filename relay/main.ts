import { readFile } from 'node:fs/promises';
import { toWireError } from '../src/protocol/errors';
import { readLogList } from '../src/witness';
import type { Fork } from '../src/witness';
import { loadAssets } from './assets';
import { parseConfig, USAGE, type RelayConfig } from './config';
import { RelayError } from './errors';
import { startRelay } from './server';
import { openWitness, type RunningWitness } from './witness/open';

async function main(): Promise<void> {
  const config = parseConfig(process.argv.slice(2));
  if (config.help) {
    process.stdout.write(USAGE);
    return;
  }
  const assets = await loadAssets(config.app);
  const running = await witnessOf(config);
  const relay = await startRelay({ ...config, assets, ...(running ? { witness: running.witness } : {}) });
  console.log(`Sovereign Node is at ${relay.url}`);
  if (running) console.log(`Witness at ${relay.url}witness with the key ${running.witness.vkey}`);
  if (!['127.0.0.1', '::1', 'localhost'].includes(config.host)) {
    console.log(
      'Other machines must reach it over HTTPS (a proxy in front): browsers give keys and storage to secure pages only.',
    );
  }
  stopOnSignal(async () => {
    await relay.stop();
    await running?.close();
  });
}

async function witnessOf(config: RelayConfig): Promise<RunningWitness | undefined> {
  const { state, witnessName: name, witnessLogs, witnessOpen: open } = config;
  if (state === undefined) return undefined;
  const logs = witnessLogs === undefined ? [] : readLogList(await readList(witnessLogs));
  return openWitness({ state, name, logs, open, onFork: sayFork });
}

async function readList(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new RelayError('bad_option', `--witness-logs ${path} cannot be read`, { cause, advice: 'Name a file.' });
  }
}

/** The origin came from outside: as JSON, so that it cannot write to the terminal. */
function sayFork({ origin, proven }: Fork): void {
  const what = proven ? 'FORK: its key signed two trees' : 'a checkpoint whose consistency proof does not hold';
  console.error(`witness: log ${JSON.stringify(origin)}: ${what}; both checkpoints are at /witness/forks`);
}

/** The first signal asks; a second one is the operating system's own and ends the process at once. */
function stopOnSignal(stop: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
}

main().catch((thrown: unknown) => {
  const { code, message, advice } = toWireError(thrown);
  console.error(`relay: ${message} (${code})${advice === undefined ? '' : `\n${advice}`}`);
  process.exitCode = 1;
});
