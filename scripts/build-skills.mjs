// Compiles the bundled skills to public/skills/ and checks them against skills/pins.json. Run by the build; by hand:
//   node scripts/build-skills.mjs [--update-pins]
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import asc from 'assemblyscript/asc';
import { ROOT } from './lib/paths.mjs';

/** @typedef {import('../src/registry/types').SkillManifest} SkillManifest */

/**
 * skills/<name>/skill.json. `module`: the folder whose module has this skill's `entry`, by default its own; `package`: a
 * file below node_modules that is the module.
 * @typedef {Pick<SkillManifest, 'version' | 'title' | 'description' | 'limits' | 'input' | 'output'> &
 *   Partial<Pick<SkillManifest, 'abi' | 'entry' | 'capabilities' | 'licence'>> &
 *   { module?: string, package?: string }} SkillSource
 */

const SOURCES = join(ROOT, 'skills');
const OUT = join(ROOT, 'public', 'skills');
const PINS = join(SOURCES, 'pins.json');
const STAMP = join(ROOT, '.cache', 'skills.json');

// Small before fast: the skills' bytes are shipped with the app. `stub`: an instance runs once and is dropped, so it never frees. `abort=`: an uncaught error traps instead of calling
// an import that no skill is granted.
const COMPILER_OPTIONS = ['-Oz', '--converge', '--runtime', 'stub', '--use', 'abort='];

// All modules together: most of the app's first load.
const MOST_BYTES = 600_000;

/** @param {string | Uint8Array} bytes */
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
/** @param {string} file @returns {unknown} */
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));
const readPins = () => /** @type {Record<string, string>} */ (existsSync(PINS) ? readJson(PINS) : {});
/** @param {string} file @param {unknown} value */
const writeJson = (file, value) => writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);

/**
 * Brings public/skills/ up to date.
 * @param {{ updatePins?: boolean }} [options] `updatePins` writes the hashes instead of checking them
 * @returns {Promise<boolean>} whether anything had to be compiled
 * @throws {Error} when a skill does not compile, or differs from its pin
 */
export async function buildSkills({ updatePins = false } = {}) {
  const sources = sourcesDigest();
  if (!updatePins && isCurrent(sources)) return false;
  mkdirSync(OUT, { recursive: true });
  for (const old of readdirSync(OUT)) rmSync(join(OUT, old));
  /** @type {Record<string, string>} */
  const pins = {};
  /** @type {Map<string, Uint8Array>} */
  const modules = new Map();
  /** @type {SkillManifest[]} */
  const manifest = [];
  for (const name of skillNames()) {
    const source = /** @type {SkillSource} */ (readJson(join(SOURCES, name, 'skill.json')));
    const from = source.module ?? name;
    const module = modules.get(from) ?? (await load(from, source));
    modules.set(from, module);
    pins[from] = sha256(module);
    writeFileSync(join(OUT, `${pins[from]}.wasm`), module);
    manifest.push(describe(name, source, module));
  }
  checkSize(modules);
  writeJson(join(OUT, 'manifest.json'), manifest);
  if (updatePins) writeJson(PINS, pins);
  else checkPins(pins);
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  writeJson(STAMP, { sources });
  return true;
}

const skillNames = () =>
  readdirSync(SOURCES)
    .filter((name) => existsSync(join(SOURCES, name, 'skill.json')))
    .sort();

/**
 * A module's bytes: compiled, or another's as it is in its package.
 * @param {string} from @param {SkillSource} source @returns {Promise<Uint8Array>}
 */
async function load(from, { package: file }) {
  if (file !== undefined) return readFileSync(join(ROOT, 'node_modules', file));
  return await compile(join(SOURCES, from, 'assembly', 'index.ts'));
}

/** @param {Map<string, Uint8Array>} modules */
function checkSize(modules) {
  const total = [...modules.values()].reduce((sum, module) => sum + module.length, 0);
  if (total <= MOST_BYTES) return;
  const each = [...modules].map(([name, module]) => `  ${name}: ${module.length}`).join('\n');
  throw new Error(`The bundled skills have ${total} bytes and may have ${MOST_BYTES}:\n${each}`);
}

/**
 * Compiles one AssemblyScript entry file with the bundled skills' options.
 * @param {string} entry
 * @returns {Promise<Uint8Array<ArrayBuffer>>} the module
 */
export async function compile(entry) {
  /** @type {Uint8Array | undefined} */
  let module;
  let complaints = '';
  const { error } = await asc.main(
    [relative(ROOT, entry), '--baseDir', ROOT, '--outFile', 'skill.wasm', ...COMPILER_OPTIONS],
    {
      stderr: {
        write: (chunk) => void (complaints += typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk)),
      },
      writeFile: (name, contents) => {
        if (name.endsWith('skill.wasm') && typeof contents !== 'string') module = contents;
      },
    },
  );
  if (error || !module) throw new Error(`${relative(ROOT, entry)} does not compile:\n${complaints}`, { cause: error });
  return Uint8Array.from(module);
}

/** @param {string} name @param {SkillSource} source @param {Uint8Array} module @returns {SkillManifest} */
function describe(name, source, module) {
  return {
    v: 1,
    name,
    version: source.version,
    title: source.title,
    description: source.description,
    abi: source.abi ?? 'raw',
    ...(source.entry === undefined ? {} : { entry: source.entry }),
    sha256: sha256(module),
    bytes: module.length,
    capabilities: source.capabilities ?? [],
    limits: source.limits,
    licence: source.licence ?? 'MIT',
    icon: name,
    input: source.input,
    output: source.output,
  };
}

/** Everything that decides what comes out. */
function sourcesDigest() {
  const digest = createHash('sha256');
  const files = readdirSync(SOURCES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name === 'skill.json' || /[/\\](assembly|lib)$/.test(entry.parentPath))
    .map((entry) => join(entry.parentPath, entry.name));
  for (const file of [
    ...files,
    join(ROOT, 'scripts', 'build-skills.mjs'),
    join(ROOT, 'node_modules', 'assemblyscript', 'package.json'),
  ].sort()) {
    const bytes = readFileSync(file);
    digest.update(`${relative(ROOT, file).split(sep).join('/')}\0${bytes.length}\0`).update(bytes);
  }
  return digest.digest('hex');
}

/** @param {string} sources */
function isCurrent(sources) {
  if (![STAMP, join(OUT, 'manifest.json')].every((file) => existsSync(file))) return false;
  if (/** @type {{ sources?: unknown }} */ (readJson(STAMP)).sources !== sources) return false;
  return Object.values(readPins()).every((hash) => {
    const file = join(OUT, `${hash}.wasm`);
    return existsSync(file) && sha256(readFileSync(file)) === hash;
  });
}

/** @param {Record<string, string>} built */
function checkPins(built) {
  const pins = readPins();
  const wrong = [...new Set([...Object.keys(pins), ...Object.keys(built)])].filter(
    (name) => pins[name] !== built[name],
  );
  if (wrong.length === 0) return;
  const lines = wrong.map(
    (name) => `  ${name}: pinned ${pins[name] ?? 'not at all'}, built ${built[name] ?? 'not at all'}`,
  );
  throw new Error(
    `These skills are not the ones that skills/pins.json names:\n${lines.join('\n')}\n` +
      'If you changed their sources, run: node scripts/build-skills.mjs --update-pins, and commit skills/pins.json.\n' +
      'If you did not, the compiler is another one than package-lock.json says: run npm ci.',
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const built = await buildSkills({ updatePins: process.argv.includes('--update-pins') });
  process.stdout.write(built ? 'Skills are built.\n' : 'Skills are up to date.\n');
}
