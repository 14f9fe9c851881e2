/** The runs of skills/runs.ts under the built supervisor: what each gives in Node it gives in every browser. */
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { CHROMIUM_ARGS, findChromium } from '../scripts/lib/browsers.mjs';
import { endOf, refusalOf, sameRuns, type Ended, type NamedRun } from '../skills/runs';
import { expect, test } from './lib/fixtures';
import { openApp } from './lib/node';
import { openSupervisor, runSkill } from './lib/skills';

const { runs: vectors } = JSON.parse(readFileSync('docs/vectors/skill-runs.json', 'utf8')) as {
  runs: { name: string; gives: Ended }[];
};
const expected = new Map(vectors.map(({ name, gives }) => [name, gives]));

let runs: NamedRun[];
test.beforeAll(async () => {
  runs = await sameRuns();
});

async function all(page: Page, some: readonly NamedRun[]): Promise<Record<string, Ended>> {
  await openApp(page);
  await openSupervisor(page);
  const ends: Record<string, Ended> = {};
  for (const { name, request } of some) ends[name] = await runSkill(page, request).then(endOf, refusalOf);
  return ends;
}
const asInNode = (some: readonly NamedRun[]) => Object.fromEntries(some.map(({ name }) => [name, expected.get(name)]));

test('each run gives here what it gives in Node, the first time and when the engine has compiled it anew', async ({
  page,
}) => {
  expect(await all(page, runs)).toEqual(asInNode(runs));
  const again = runs.filter(({ name }) => /^(stack, warm|raw: NaNs)/.test(name));
  expect(await all(page, [...again, ...again])).toEqual(asInNode(again));
});

const TIERS = { 'baseline compiler': '--liftoff-only', 'optimising compiler': '--no-liftoff' };
for (const [tier, flag] of Object.entries(TIERS)) {
  test(`stack shapes and NaNs in V8’s ${tier} alone @chromium`, async ({ playwright, baseURL }) => {
    const browser = await playwright.chromium.launch({
      executablePath: findChromium()!,
      args: [...CHROMIUM_ARGS, `--js-flags=${flag}`],
    });
    try {
      const page = await browser.newPage({ baseURL: baseURL! });
      const some = runs.filter(({ name }) => /^(stack:|raw: NaNs)/.test(name));
      expect(await all(page, some)).toEqual(asInNode(some));
    } finally {
      await browser.close();
    }
  });
}
