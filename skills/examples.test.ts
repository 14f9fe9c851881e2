import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../scripts/lib/paths.mjs';
import { openBundled, readRepo, type Bundled } from './testkit';

let bundled: Bundled;
beforeAll(async () => {
  bundled = await openBundled();
});

/** `<case>.in.*` and `<case>.out.*` below each skill. */
const cases = readdirSync(join(ROOT, 'skills')).flatMap((skill) => {
  const folder = join('skills', skill, 'examples');
  if (!existsSync(join(ROOT, folder))) return [];
  const files = readdirSync(join(ROOT, folder));
  return files
    .filter((file) => file.includes('.in.'))
    .map((file) => {
      const name = file.slice(0, file.indexOf('.in.'));
      const output = files.find((other) => other.startsWith(`${name}.out.`))!;
      return [skill, name, join(folder, file), join(folder, output)] as const;
    });
});

describe('examples', () => {
  test.each(cases)('%s: %s', (skill, _, input, output) => {
    expect(Buffer.from(bundled.run(skill, readRepo(input))).toString()).toBe(readRepo(output).toString());
  });

  test('each skill that takes no model has one', () => {
    const without = bundled.manifest.map(({ name }) => name).filter((name) => !cases.some(([skill]) => skill === name));
    expect(without).toEqual(['evaluate-model', 'train-model']);
  });
});
