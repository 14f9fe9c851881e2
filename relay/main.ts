import { toWireError } from '../src/protocol/errors';
import { loadAssets } from './assets';
import { parseConfig, USAGE } from './config';
import { startRelay } from './server';

async function main(): Promise<void> {
  const config = parseConfig(process.argv.slice(2));
  if (config.help) {
    process.stdout.write(USAGE);
    return;
  }
  const relay = await startRelay({ ...config, assets: await loadAssets(config.app) });
  console.log(`Sovereign Node is at ${relay.url}`);
  if (!['127.0.0.1', '::1', 'localhost'].includes(config.host)) {
    console.log(
      'Other machines must reach it over HTTPS (a proxy in front): browsers give keys and storage to secure pages only.',
    );
  }
  stopOnSignal(() => relay.stop());
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
