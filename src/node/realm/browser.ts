import { systemClock, systemRandom } from '../../protocol/runtime';
import { BUILD, VERSION } from '../../protocol/build-info';
import { fromWireError, type WireError } from '../../protocol/errors';
import { browserDeviceKey, browserTraits, type PasskeyPrf } from '../../identity';
import { createHostedRunner } from '../../skills';
import { openIdbStorage } from '../../storage';
import { createNode } from '../node';
import type { Assets, NodeOptions, SovereignNode } from '../types';
import type { HostPool } from './host-pool';

const DATABASE = 'sovereign';
const DEVICE_DATABASE = 'sovereign-device';

/** The node over a browser worker's own adapters; what only a window can do comes from `hosts`. */
export function createBrowserNode(realm: NodeOptions['realm'], hosts: HostPool): SovereignNode {
  return createNode({
    realm,
    version: VERSION,
    build: BUILD,
    openStorage: () => openIdbStorage(DATABASE),
    deviceKey: browserDeviceKey(DEVICE_DATABASE),
    traits: browserTraits(),
    clock: systemClock,
    random: systemRandom,
    loadCedar: async () => {
      // 1.4 MB of policy engine: fetched when the kernel first starts, not with the worker.
      const cedar = await import('@cedar-policy/cedar-wasm/web');
      await cedar.default();
      return cedar;
    },
    skills: createHostedRunner(() => hosts.use((host) => host.openSkills())),
    assets: fetchAssets,
    passkey: hostedPasskeys(hosts),
    persisted: () => navigator.storage.persisted(),
    erase: async () => {
      await deleteDatabase(DATABASE);
      await deleteDatabase(DEVICE_DATABASE);
    },
  });
}

/** What ships with the build, from our own origin (and offline from the service worker's cache). */
const fetchAssets: Assets = {
  async read(path) {
    const response = await fetch(`/${path}`);
    // The server answers an unknown path with the page: that is not the asset.
    const missing = response.status === 404 || (response.headers.get('content-type') ?? '').includes('text/html');
    if (missing) return undefined;
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  },
};

function hostedPasskeys(hosts: HostPool): PasskeyPrf {
  return {
    create: async (userName, salt) => unwrap(await hosts.use(async (host) => host.createPasskey(userName, salt))),
    get: async (credentialId, salt) => unwrap(await hosts.use(async (host) => host.getPasskey(credentialId, salt))),
  };
}

function unwrap<T>(answer: { Ok: T } | { Error: WireError }): T {
  if ('Error' in answer) throw fromWireError(answer.Error);
  return answer.Ok;
}

function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error ?? new Error(`database ${name} cannot be deleted`));
  });
}
