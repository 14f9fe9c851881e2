import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Asc from 'assemblyscript/asc';
import { harmless } from '../run-view';
import { SkillToolError } from './files';
import type { Project } from './project';

// `stub`: an instance runs once and is dropped, so it never frees. `abort=`: an uncaught error traps instead of calling
// an import that no skill is granted.
const ASSEMBLYSCRIPT = ['-O3', '--converge', '--runtime', 'stub', '--use', 'abort='];
const C_COMPILE = ['--target=wasm32', '-std=c17', '-O3', '-ffreestanding', '-nostdlib', '-Wall', '-c'];
// Without -O: with binaryen installed clang would run wasm-opt at link time, which breaks SIMD.
const C_LINK = ['--target=wasm32', '-nostdlib', '-Wl,--no-entry', '-Wl,--strip-all', '-Wl,-z,stack-size=65536'];

/** @throws SkillToolError `no_compiler`, `not_compiled` with what the compiler said */
export const compile = (project: Project): Promise<Uint8Array<ArrayBuffer>> =>
  project.language === 'as' ? assemblyScript(project) : c(project);

/** The linker comes in a package of its own. */
export const hasClang = (): boolean =>
  ['clang', 'wasm-ld'].every((tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).status === 0);

async function assemblyScript({ directory, source }: Project): Promise<Uint8Array<ArrayBuffer>> {
  const asc = await loadCompiler(directory);
  let module: Uint8Array | undefined;
  let complaints = '';
  const { error } = await asc.main([source, '--baseDir', directory, '--outFile', 'skill.wasm', ...ASSEMBLYSCRIPT], {
    stderr: {
      write: (chunk) => void (complaints += typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk)),
    },
    writeFile: (name, contents) => {
      if (name.endsWith('skill.wasm') && typeof contents !== 'string') module = contents;
    },
  });
  if (error || !module) throw notCompiled(source, complaints);
  return Uint8Array.from(module);
}

/** The project's own compiler where it has one, so that its author decides the version; else ours. */
async function loadCompiler(directory: string): Promise<typeof Asc> {
  const name = 'assemblyscript/asc';
  try {
    const own = createRequire(join(resolve(directory), 'package.json')).resolve(name);
    return (await import(pathToFileURL(own).href)) as typeof Asc;
  } catch {
    return import('assemblyscript/asc').catch((cause: unknown) => {
      throw new SkillToolError('no_compiler', 'AssemblyScript is not installed.', {
        cause,
        advice: 'Run npm install in the project.',
      });
    });
  }
}

async function c({ directory, source }: Project): Promise<Uint8Array<ArrayBuffer>> {
  if (!hasClang()) throw noClang();
  const work = await mkdtemp(join(tmpdir(), 'sovereign-skill-'));
  try {
    const [object, module] = [join(work, 'skill.o'), join(work, 'skill.wasm')];
    for (const args of [
      [...C_COMPILE, join(directory, source), '-o', object],
      [...C_LINK, object, '-o', module],
    ]) {
      const { status, stderr } = spawnSync('clang', args, { encoding: 'utf8' });
      if (status !== 0) throw notCompiled(source, stderr);
    }
    return new Uint8Array(await readFile(module));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

export const noClang = (): SkillToolError =>
  new SkillToolError('no_compiler', 'There is no clang with wasm-ld on this machine.', {
    advice: 'Install clang and lld (on Debian: apt install clang lld), or use --lang as.',
  });

const notCompiled = (source: string, complaints: string): SkillToolError =>
  new SkillToolError(
    'not_compiled',
    `${harmless(source)} does not compile:\n${complaints.replace(/[^\P{Cc}\n]/gu, '?').trim()}`,
  );
