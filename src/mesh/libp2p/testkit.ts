/** Meshes over real WebSockets and a real relay, in one process. */
import { vi } from 'vitest';
import type { RadioLimits } from '../../../relay/radio';
import { startTestRelay, type TestRelay } from '../../../relay/radio/testkit';
import { signerFromSeed } from '../../crypto';
import { relayKeyOf } from '../pnet';
import { testSeed } from '../testkit';
import { openMesh, type MeshOptions } from './open';
import type { RelayedMesh } from './mesh';

export const MESH_KEY = new Uint8Array(32).fill(7);
const WAIT = { timeout: 240_000, interval: 20 };

export const startRelay = (limits: Partial<RadioLimits> = {}): Promise<TestRelay> =>
  startTestRelay([relayKeyOf(MESH_KEY)], limits);

/** The i-th node of {@link testSeed}, as a member over these relays. */
export async function openTestMesh(
  i: number,
  relays: readonly TestRelay[],
  options: Partial<MeshOptions> = {},
): Promise<RelayedMesh> {
  const signer = await signerFromSeed(testSeed(i));
  return openMesh({
    signer,
    keys: { mesh: MESH_KEY },
    relays: relays.map(({ address }) => String(address)),
    ...options,
  });
}

/** Resolves when each is linked to all others. */
export async function allLinked(meshes: readonly RelayedMesh[]): Promise<void> {
  await vi.waitFor(() => {
    for (const mesh of meshes) {
      const linked = mesh.peers().filter(({ link }) => link !== 'none').length;
      if (linked < meshes.length - 1) throw new Error(`${linked} of ${meshes.length - 1} are linked`);
    }
  }, WAIT);
}
