/** Runs the bundled skills as the node does, for their tests: built, pinned, admitted and metered. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSkills } from '../scripts/build-skills.mjs';
import { ROOT } from '../scripts/lib/paths.mjs';
import { fromUtf8, jcs, utf8 } from '../src/crypto';
import { readManifest, type SkillManifest } from '../src/registry';
import { admitModule, jobOf, type SkillOutcome } from '../src/skills';
import { requestFor, runJob } from '../src/skills/testkit';

export const readRepo = (path: string): Buffer => readFileSync(join(ROOT, path));

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface Bundled {
  manifest: SkillManifest[];
  outcome(skill: string, input: string | Uint8Array): SkillOutcome;
  /** @throws Error when the run ends otherwise than well */
  run(skill: string, input: string | Uint8Array): Uint8Array;
  /** JSON in, JSON out. */
  ask(skill: string, input: unknown): Json;
}

export async function openBundled(): Promise<Bundled> {
  await buildSkills();
  const manifest = (JSON.parse(readRepo('public/skills/manifest.json').toString()) as unknown[]).map(readManifest);
  const modules = new Map<string, WebAssembly.Module>();
  const outcome = (skill: string, input: string | Uint8Array): SkillOutcome => {
    const { abi, entry, limits, sha256 } = manifest.find(({ name }) => name === skill)!;
    const bytes = typeof input === 'string' ? utf8(input) : input;
    let module = modules.get(skill);
    if (!module) {
      const { memoryPages } = limits;
      const admitted = admitModule(readRepo(`public/skills/${sha256}.wasm`), { abi, entry, grants: [], memoryPages });
      module = new WebAssembly.Module(admitted.wasm);
      modules.set(skill, module);
    }
    const request = { ...requestFor(bytes, { abi, entry, input: bytes }), limits };
    return runJob(jobOf(request, module, limits.gas, false));
  };
  const run = (skill: string, input: string | Uint8Array) => {
    const ended = outcome(skill, input);
    if (ended.kind !== 'ok') throw new Error(`${skill}: ${ended.kind} ${ended.message}`);
    return ended.output;
  };
  const ask = (skill: string, input: unknown) => JSON.parse(fromUtf8(run(skill, jcs(input)))) as Json;
  return { manifest, outcome, run, ask };
}
