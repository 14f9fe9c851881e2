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
});
afterAll(() => {
  runner.dispose();
  rmSync(folder, { recursive: true });
});

test('what each gives, twice; every stack shape ends by our limit', async () => {
  const first = await all(runs);
  await expect(vectorsOf(runs, first)).toMatchFileSnapshot('../docs/vectors/skill-runs.json');
  const shapes = first.filter((_, i) => runs[i]!.name.startsWith('stack'));
  expect(shapes.length).toBeGreaterThanOrEqual(200);
  for (const shape of shapes) expect(shape).toMatchObject({ outcome: 'stack_overflow' });
  // Now these modules have been compiled with all the engine's care.
  const warm = runs.filter(({ name }) => /^(stack, warm|raw: NaNs)/.test(name));
  expect(await all(warm)).toEqual(first.filter((_, i) => warm.includes(runs[i]!)));
});

async function all(some: readonly NamedRun[]): Promise<Ended[]> {
  const ends: Ended[] = [];
  for (const { request } of some) ends.push(await runner.run(request).then(endOf, refusalOf));
  return ends;
}
