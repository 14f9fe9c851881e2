import { BUILD, VERSION } from '../src/protocol/build-info';
import { toWireError } from '../src/protocol/errors';
import type { Fork } from '../src/witness';
import { loadAssets } from './assets';
import { checkConfig } from './check';
import { Proxies } from './client-address';
import { isThisMachine, parseConfig, USAGE, type RelayConfig } from './config';
import { createLog, type Log } from './log';
import { readLogs } from './named-files';
import { openMeshService } from './radio/service';
import type { MeshOptions } from './radio/service';
import { reloadLogged, startRelay, type Relay } from './server';
import { openWitness, type RunningWitness } from './witness/open';

async function main(): Promise<void> {
  const config = parseConfig(process.argv.slice(2), process.env);
  if (config.help) {
    process.stdout.write(USAGE);
    return;
  }
  if (config.check) {
    process.stdout.write(await checkConfig(config));
    return;
  }
  const log = logOf(config);
  const assets = await loadAssets(config.app);
  const running = await witnessOf(config, log);
  const proxies = new Proxies(config.trustedProxies);
  const relay = await startRelay({
    ...config,
    assets,
    proxies,
    log,
    limits: { relaySocketsPerAddress: config.socketsPerAddress },
    mesh: (url) => openMeshService(meshOptions(config, proxies, log), url),
    ...(running ? { witness: running.witness } : {}),
  });
  logStart(relay, config, log);
  if (!config.quiet) say(relay, running, config);
  // Also without TLS: unheard, the signal would end the process.
  process.on('SIGHUP', () => void reloadLogged(relay, log));
  stopOnSignal(async () => {
    log('info', 'stopping');
    await relay.stop();
    await running?.close();
    log('info', 'stopped');
  });
}

function logOf({ logLevel, logIdentities: identities }: RelayConfig): Log {
  const level = logLevel ?? (process.stderr.isTTY ? 'warn' : 'info');
  return createLog({ level, identities, write: (line) => process.stderr.write(line), now: Date.now });
}

function logStart({ port, mesh }: Relay, { tls, state, host, publicUrl }: RelayConfig, log: Log): void {
  log('info', 'started', {
    version: VERSION,
    build: BUILD,
    port,
    tls: tls !== undefined,
    witness: state !== undefined,
    networks: mesh?.radio.status().networks ?? 0,
    stun: mesh?.stunUrl !== undefined,
  });
  // Members would be told to find it under this machine's own name.
  if (!isThisMachine(host) && publicUrl === undefined) log('warn', 'public_url_missing');
}

/** For whoever starts it by hand. The token is not printed: what is printed ends in logs. */
function say({ url, mesh }: Relay, running: RunningWitness | undefined, { host, tls, publicUrl }: RelayConfig): void {
  console.log(`Sovereign Node is at ${url}`);
  if (running) console.log(`Witness at ${url}witness with the key ${running.witness.vkey}`);
  if (mesh) {
    const { networks } = mesh.radio.status();
    console.log(`Relay ${mesh.radio.peer} serves ${networks} private ${networks === 1 ? 'network' : 'networks'}`);
    if (mesh.tokenFile !== undefined)
      console.log(`A new mesh elsewhere may use it with the token in ${mesh.tokenFile}`);
  }
  if (!isThisMachine(host) && !tls && publicUrl === undefined) {
    console.log(
      'Other machines must reach it over HTTPS (a proxy in front, or --tls-cert): browsers give keys and storage to secure pages only.',
    );
  }
}

function meshOptions(config: RelayConfig, proxies: Proxies, log: Log): MeshOptions {
  const { host, state, publicUrl, stunPort, stunHost, relayKeyFiles: keyFiles, radioLimits: limits } = config;
  // A proxy on this machine makes everybody a caller from this machine.
  const trustsMachine = isThisMachine(host) && !proxies.any && publicUrl === undefined;
  return { state, publicUrl, stunPort, stunHost, keyFiles, trustsMachine, addressOf: proxies.addressOf, limits, log };
}

async function witnessOf(config: RelayConfig, log: Log): Promise<RunningWitness | undefined> {
  const { state, witnessName: name, witnessLogs, witnessOpen: open } = config;
  if (state === undefined) return undefined;
  const logs = witnessLogs === undefined ? [] : await readLogs(witnessLogs);
  return openWitness({ state, name, logs, open, onFork: (fork) => logFork(fork, log) });
}

/** Both checkpoints are at /witness/forks. A log's name tells of its node. */
const logFork = ({ origin, proven }: Fork, log: Log): void => log('warn', 'fork', { proven }, { origin });

/** The first signal asks; a second one is the operating system's own and ends the process at once. */
function stopOnSignal(stop: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
}

main().catch((thrown: unknown) => {
  const { code, message, advice } = toWireError(thrown);
  console.error(`relay: ${message} (${code})${advice === undefined ? '' : `\n${advice}`}`);
  process.exitCode = 1;
});
