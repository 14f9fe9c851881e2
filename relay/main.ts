import { readFile } from 'node:fs/promises';
import { toWireError } from '../src/protocol/errors';
import { readLogList } from '../src/witness';
import type { Fork } from '../src/witness';
import { loadAssets } from './assets';
import { Proxies } from './client-address';
import { parseConfig, USAGE, type RelayConfig } from './config';
import { RelayError } from './errors';
import { openMeshService } from './radio/service';
import type { MeshOptions, MeshService } from './radio/service';
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
  const proxies = new Proxies(config.trustedProxies);
  const relay = await startRelay({
    ...config,
    assets,
    proxies,
    mesh: (url) => openMeshService(meshOptions(config, proxies), url),
    ...(running ? { witness: running.witness } : {}),
  });
  console.log(`Sovereign Node is at ${relay.url}`);
  if (running) console.log(`Witness at ${relay.url}witness with the key ${running.witness.vkey}`);
  if (relay.mesh) sayMesh(relay.mesh);
  if (!isThisMachine(config.host)) {
    console.log(
      'Other machines must reach it over HTTPS (a proxy in front): browsers give keys and storage to secure pages only.',
    );
  }
  stopOnSignal(async () => {
    await relay.stop();
    await running?.close();
  });
}

const isThisMachine = (host: string): boolean => ['127.0.0.1', '::1', 'localhost'].includes(host);

function meshOptions(config: RelayConfig, proxies: Proxies): MeshOptions {
  const { host, state, publicUrl, stunPort, relayKeyFiles: keyFiles } = config;
  // A proxy on this machine makes everybody a caller from this machine.
  const trustsMachine = isThisMachine(host) && !proxies.any && publicUrl === undefined;
  return { host, state, publicUrl, stunPort, keyFiles, trustsMachine, addressOf: proxies.addressOf };
}

/** The token is not printed: what is printed ends in logs. */
function sayMesh({ radio, tokenFile }: MeshService): void {
  const networks = radio.status().networks;
  console.log(`Relay ${radio.peer} serves ${String(networks)} private ${networks === 1 ? 'network' : 'networks'}`);
  if (tokenFile !== undefined) console.log(`A new mesh elsewhere may use it with the token in ${tokenFile}`);
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
