import { loadAssets } from './assets';
import { explainConfig, type RelayConfig } from './config';
import { readKeyFile, readLogs } from './named-files';
import { loadCertificate } from './tls';

/** `--check`: reads every file that the options name, as a start does. @returns what is in force, and where from */
export async function checkConfig(config: RelayConfig): Promise<string> {
  await loadAssets(config.app);
  if (config.tls) await loadCertificate(config.tls);
  if (config.witnessLogs !== undefined) await readLogs(config.witnessLogs);
  for (const path of config.relayKeyFiles) await readKeyFile(path);
  return `${explainConfig(config)}The configuration is good.\n`;
}
