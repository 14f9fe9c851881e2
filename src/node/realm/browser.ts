import { systemClock, systemRandom } from '../../protocol/runtime';
import { BUILD, VERSION } from '../../protocol/build-info';
import { fromWireError, type WireError } from '../../protocol/errors';
import { browserDeviceKey, browserTraits, type PasskeyPrf } from '../../identity';
import { loadCedar } from '../../policy/web';
import { createHostedRunner } from '../../skills';
import { openIdbStorage } from '../../storage';
import { NodeError } from '../errors';
import { createNode } from '../node';
import type { Assets, NodeOptions, SovereignNode } from '../types';
import type { HostPool } from './host-pool';
import { browserMesh } from './mesh';

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
    loadCedar,
    skills: createHostedRunner((lost) => hosts.use((host) => host.openSkills(), { lost })),
    assets: fetchAssets,
    passkey: hostedPasskeys(hosts),
    persisted: () => navigator.storage.persisted(),
    persist: () => hosts.use((host) => host.persistStorage()),
    fetch: (url, init) => fetch(url, init),
    witnessing: { fetch: (url, init) => fetch(url, init), server: location.origin },
    mesh: browserMesh(hosts),
    erase: async () => {
      await deleteDatabase(DATABASE);
      await deleteDatabase(DEVICE_DATABASE);
    },
  });
}

/** What ships with the build, from our own origin (and offline from the service worker's cache). */
const fetchAssets: Assets = {
  async read(path) {
    const response = await fetch(`/${path}`).catch((cause: unknown) => {
      throw unavailable(path, 'no answer', cause);
    });
    // The server answers an unknown path with the page: that is not the asset.
    const missing = response.status === 404 || (response.headers.get('content-type') ?? '').includes('text/html');
    if (missing) return undefined;
    if (!response.ok) throw unavailable(path, `HTTP ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  },
};

const unavailable = (path: string, why: string, cause?: unknown): NodeError =>
  new NodeError('asset_unavailable', `The app’s own file ${path} cannot be fetched: ${why}.`, {
    cause,
    advice: 'Check the connection and try again.',
  });

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
