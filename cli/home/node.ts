import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BUILD, VERSION } from '../../src/protocol/build-info';
import { systemClock, systemRandom } from '../../src/protocol/runtime';
import { createNode, type SovereignNode } from '../../src/node';
import type { NodeOptions } from '../../src/node/types';
import type { SkillRunner } from '../../src/skills';
import { fileAssets } from '../assets';
import { loadCedar } from './cedar';
import { fileDeviceKey } from './device-key';
import { openFileStorage } from './storage';
import { machineTraits } from './traits';

/** The home's part that the node writes: log, records, blobs. The device key lies beside it. */
export const STORE = 'store';

/**
 * The same node as in a browser, over a home directory.
 * @param assets URL of the build's public files
 * @param mesh how members are reached; a command that is over in a moment reaches none
 */
export function homeNode(home: string, assets: URL, skills: SkillRunner, mesh?: NodeOptions['mesh']): SovereignNode {
  const store = join(home, STORE);
  const deviceKey = fileDeviceKey(home);
  return createNode({
    realm: 'node',
    version: VERSION,
    build: BUILD,
    openStorage: () => openFileStorage(store),
    deviceKey,
    traits: machineTraits(),
    clock: systemClock,
    random: systemRandom,
    loadCedar,
    skills,
    assets: fileAssets(assets),
    fetch: (url, init) => fetch(url, init),
    witnessing: { fetch: (url, init) => fetch(url, init) },
    ...(mesh ? { mesh } : {}),
    erase: async () => {
      await rm(store, { recursive: true, force: true });
      await deviceKey.forget();
    },
  });
}
