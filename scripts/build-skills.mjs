// Compiles the bundled skills to public/skills/ and checks them against skills/pins.json. Run by the build; by hand:
//   node scripts/build-skills.mjs [--update-pins]
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import asc from 'assemblyscript/asc';
import { ROOT } from './lib/paths.mjs';

/** @typedef {import('../src/skills/types').SkillManifest} SkillManifest */

const SOURCES = join(ROOT, 'skills');
const OUT = join(ROOT, 'public', 'skills');
const PINS = join(SOURCES, 'pins.json');
const STAMP = join(ROOT, '.cache', 'skills.json');

// `stub`: an instance runs once and is dropped, so it never frees. `abort=`: an uncaught error traps instead of calling
// an import that no skill is granted.
const COMPILER_OPTIONS = ['-O3', '--converge', '--runtime', 'stub', '--use', 'abort='];

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
  const names = readdirSync(SOURCES)
    .filter((name) => existsSync(join(SOURCES, name, 'skill.json')))
    .sort();
  const sources = sourcesDigest();
  if (!updatePins && isCurrent(names, sources)) return false;
  mkdirSync(OUT, { recursive: true });
  /** @type {Record<string, string>} */
  const pins = {};
  /** @type {SkillManifest[]} */
  const manifest = [];
  for (const name of names) {
    const module = await compile(join(SOURCES, name, 'assembly', 'index.ts'));
    writeFileSync(join(OUT, `${name}.wasm`), module);
    pins[name] = sha256(module);
    manifest.push(await describe(name, module));
  }
  writeJson(join(OUT, 'manifest.json'), manifest);
  if (updatePins) writeJson(PINS, pins);
  else checkPins(pins);
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  writeJson(STAMP, { sources });
  return true;
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

/** @param {string} name @param {Uint8Array<ArrayBuffer>} module @returns {Promise<SkillManifest>} */
async function describe(name, module) {
  const { version, title, description, limits, input, output } = /** @type {SkillManifest} */ (
    readJson(join(SOURCES, name, 'skill.json'))
  );
  const imports = WebAssembly.Module.imports(await WebAssembly.compile(module)).map(
    (item) => `${item.module}.${item.name}`,
  );
  const hash = sha256(module);
  return {
    name,
    version,
    title,
    description,
    abi: 'raw',
    sha256: hash,
    bytes: module.length,
    imports,
    limits,
    licence: 'MIT',
    input,
    output,
  };
}

/** Everything that decides what comes out. */
function sourcesDigest() {
  const digest = createHash('sha256');
  const files = readdirSync(SOURCES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && (entry.name.endsWith('.ts') || entry.name === 'skill.json'))
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

/** @param {string[]} names @param {string} sources */
function isCurrent(names, sources) {
  if (![STAMP, join(OUT, 'manifest.json')].every((file) => existsSync(file))) return false;
  if (/** @type {{ sources?: unknown }} */ (readJson(STAMP)).sources !== sources) return false;
  const pins = readPins();
  return names.every((name) => {
    const file = join(OUT, `${name}.wasm`);
    return existsSync(file) && sha256(readFileSync(file)) === pins[name];
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
