/** The runs of skills/runs.ts in Node's threads. `npx vitest run cli/skill-runs.test.ts -u` writes what they give. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleSkillThread } from '../scripts/lib/skill-thread.mjs';
import { endOf, refusalOf, sameRuns, vectorsOf, type Ended, type NamedRun } from '../skills/runs';
import { createNodeSkillRunner } from './skill-runner';

let folder: string;
let runner: ReturnType<typeof createNodeSkillRunner>;
let runs: NamedRun[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skill-runs-'));
  runner = createNodeSkillRunner(await bundleSkillThread(folder));
  runs = await sameRuns();
}, 120_000);
afterAll(() => {
  runner.dispose();
  rmSync(folder, { recursive: true });
});

test('what each gives, twice; every stack shape ends by our limit', async () => {
  const first = await all();
  await expect(vectorsOf(runs, first)).toMatchFileSnapshot('../docs/vectors/skill-runs.json');
  const shapes = first.filter((_, i) => runs[i]!.name.startsWith('stack'));
  expect(shapes.length).toBeGreaterThanOrEqual(200);
  for (const shape of shapes) expect(shape).toMatchObject({ outcome: 'stack_overflow' });
  // Now each module has been compiled with all the engine's care.
  expect(await all()).toEqual(first);
}, 240_000);

async function all(): Promise<Ended[]> {
  const ends: Ended[] = [];
  for (const { request } of runs) ends.push(await runner.run(request).then(endOf, refusalOf));
  return ends;
}
