/** A sample with recorded runs of skills: one that asks the world and ends well, one that traps. */
import { utf8 } from '../../crypto';
import { OWNER } from '../../governance';
import { createDoor } from '../../node/effects/door';
import { skillsExecutor } from '../../node/effects/skills';
import type { Cedar } from '../../policy';
import { OWN_LIMITS } from '../../skills';
import { rawWat, wat } from '../../skills/abi/testing/wat';
import { runHere } from '../../skills/testkit';
import { makeSample, type Sample, type Scene } from './sample';

/** Answers what the node's memory holds under `k`, with its own letter before it. */
const asking = (letter: number) =>
  wat(
    rawWat(
      `(local $n2 i32) (i32.store8 (i32.const 0) (i32.const 107))
       (local.set $n2 (call $memory.read (i32.const 0) (i32.const 1)))
       (i32.store8 (i32.const 16) (i32.const ${letter}))
       (drop (call $result (i32.const 17) (local.get $n2)))
       (call $pack (i32.const 16) (i32.add (local.get $n2) (i32.const 1)))`,
      ['memory.read', 'result'],
    ),
  );
export const SKILL = asking(65);
export const OTHER = asking(66);
const TRAPS = wat(rawWat('(unreachable)'));

export const makeRunsSample = (cedar: Cedar): Promise<Sample> =>
  makeSample(cedar, {
    executors: (gate, { blobs, records }) => {
      const log = { append: () => Promise.reject(new Error('it fetches nothing')) };
      const runner = {
        run: (r: Parameters<typeof runHere>[0]) =>
          Promise.resolve(runHere(r, { call: () => ({ response: utf8('42') }) })),
      };
      const world = { log, records, fetch: () => Promise.reject(new Error('no network')) };
      return [skillsExecutor(createDoor(gate), blobs, (sha256) => blobs.get(sha256), runner, world)];
    },
    also: async (scene) => {
      await runs(scene, SKILL);
      await runs(scene, TRAPS).catch(() => undefined);
      await scene.storage.blobs.put(OTHER);
    },
  });

async function runs({ governance, storage }: Scene, module: Uint8Array): Promise<void> {
  const module_sha256 = await storage.blobs.put(module);
  const input_sha256 = await storage.blobs.put(utf8('hello'));
  const args = { skill: 'ask', module_sha256, input_sha256, limits: { ...OWN_LIMITS }, grants: ['memory.read'] };
  const act = {
    action: 'run_skill',
    resource: { type: 'Skill', id: 'ask' },
    args,
    context: { pinned: false, installed: true, grants: 1 },
  } as const;
  await governance.execute({ ...act, principal: OWNER, roleSignature: await governance.ownerRole() });
}
