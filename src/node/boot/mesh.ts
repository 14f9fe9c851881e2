import type { AuditLog } from '../../audit';
import { sha256Hex } from '../../crypto';
import { fingerprintWords, openedIdentity } from '../../identity';
import type { Storage } from '../../storage';
import { NodeError } from '../errors';
import { MeshDoor } from '../mesh/door';
import type { Machine } from '../node';
import type { MeshRealm } from '../mesh/types';

/** As store.ts of the mesh has it, which is fetched only for a member. */
const MESH_RECORD = 'mesh/state';

/** The mesh under supervision: open from the start when this node is a member of one. */
export async function bootMesh(
  machine: Machine,
  storage: Storage,
  log: () => AuditLog,
  realm: MeshRealm,
): Promise<void> {
  const { supervisor, events, options, schedule } = machine;
  await supervisor.add<MeshDoor>({
    name: 'mesh',
    needs: ['log', 'kernel'],
    start: async (life) => {
      const records = life.lend(() => storage.records);
      const door = new MeshDoor(async () => {
        const { NodeMesh, serveMembers, followMembers } = await import('../mesh');
        return NodeMesh.open({
          log: life.lend(log),
          records,
          signer: () => openedIdentity(machine.service()).signers.node,
          secret: (use) => machine.service().secret(use),
          words: (publicKey) => fingerprintWords(sha256Hex(publicKey)),
          realm,
          clock: options.clock,
          random: options.random,
          schedule,
          changed: () => events.emit({ type: 'mesh' }),
          failed: (error) => supervisor.report('mesh', error, life),
          fetch: options.fetch ?? noNetwork,
          members: (change) => {
            // What a member's coming changes is logged beside its coming, and not in its way.
            void followMembers(machine.running().witnesses, change).catch((error: unknown) => {
              // A node that stops here has stored its choice, or makes it when the list changes next.
              if (error instanceof NodeError && error.code === 'subsystem_down') return;
              console.error('the members could not be made witnesses', error);
            });
          },
          serve: (open) => serveMembers(machine, open),
        });
      });
      if ((await records.get(MESH_RECORD)) !== undefined) await door.get();
      return door;
    },
    stop: (door) => door.close(),
  });
}

const noNetwork = (): Promise<never> => Promise.reject(new Error('this node has no network'));
