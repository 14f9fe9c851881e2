import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createNodeSkillRunner } from '../../../cli/skill-runner';
import { bundleSkillThread } from '../../../scripts/lib/skill-thread.mjs';
import { answer, exactlyOnce, QUICK, World, type Opened } from '../testing/world';

let thread: string;
let skills: ReturnType<typeof createNodeSkillRunner>;
beforeAll(async () => {
  thread = mkdtempSync(join(tmpdir(), 'skill-thread-'));
  skills = createNodeSkillRunner(await bundleSkillThread(thread));
});
afterAll(() => {
  skills.dispose();
  rmSync(thread, { recursive: true });
});

let world: World;
let node: Opened;
beforeEach(() => {
  world = new World(skills);
});

describe('a crash', () => {
  /** Opens, goes on, and answers true when the run came to its end before the disk died. */
  async function live(): Promise<boolean> {
    node = await world.open();
    answer(node, 'yes');
    const [found] = node.pipelines.list();
    // A run's first write is its document; before RUN_STARTED there is no run.
    const run = found?.id ?? (await node.pipelines.start(QUICK, {}));
    if (found?.state === 'interrupted') await node.pipelines.resume(run);
    return (await node.pipelines.settled(run)).state === 'completed';
  }

  async function ended(): Promise<void> {
    world.disk.kill = undefined;
    node = await world.open();
    const [run] = node.pipelines.list();
    expect([run!.state, run!.error]).toEqual(['completed', undefined]);
    await exactlyOnce(node);
  }

  test('again and again, after one more write each time: the run comes to its end, and nothing happened twice', async () => {
    let lives = 0;
    for (let done = false; !done; lives++) {
      world.disk.kill = { write: lives + 1, keep: lives % 2 === 0 ? 0 : 7 };
      done = await live().catch(() => false);
    }
    expect(lives).toBeGreaterThan(10);
    await ended();
  });

  test.each([1, 2, 3, 4, 5, 6, 7])('after %i eighths of the writes of a run', async (eighths) => {
    world.disk.kill = { write: Number.MAX_SAFE_INTEGER, keep: 0 };
    await live();
    const writes = Number.MAX_SAFE_INTEGER - world.disk.kill.write;
    world = new World(skills);
    world.disk.kill = { write: Math.floor((writes * eighths) / 8), keep: 0 };
    await live().catch(() => false);
    expect(world.disk.kill).toBeUndefined();
    expect(await live()).toBe(true);
    await ended();
  });
});
