// Budgets in gzip: what a first visit must load before it can paint, and what the node's worker must before it can answer.
import { readdirSync, readFileSync } from 'node:fs';
import { build } from 'vite';

const APP = 'dist/app';
const ASSETS = `${APP}/assets`;

/** A script with everything it imports statically: what must be loaded before it runs. */
function graph(first) {
  const seen = new Set([first]);
  for (const name of seen) {
    const code = readFileSync(`${ASSETS}/${name}`, 'utf8');
    for (const [, found] of code.matchAll(/(?:\bfrom|\bimport)\s*["'`]\.\/([\w.-]+\.js)["'`]/g)) seen.add(found);
  }
  return [...seen].map((name) => `${ASSETS}/${name}`);
}

/** What the node's worker fetches to be a member of a mesh, beside what any running node has: its worker and its kernel. */
function mesh(worker) {
  const code = readFileSync(`${ASSETS}/${worker}`, 'utf8');
  const [, kernel] = /\bimport\([`"']\.\/(governance-[\w-]+\.js)/.exec(code);
  const had = new Set([...graph(worker), ...graph(kernel)]);
  const found = new Set();
  const fetched = (name) => {
    for (const file of graph(name)) {
      if (had.has(file) || found.has(file)) continue;
      found.add(file);
      for (const [, next] of readFileSync(file, 'utf8').matchAll(/\bimport\([`"']\.\/([\w.-]+\.js)[`"']\)/g))
        fetched(next);
    }
  };
  const lazy = /\bimport\([`"']\.\/((?:mesh|browser)-[\w-]+\.js)[`"']\)/g;
  for (const [, name] of code.matchAll(lazy)) fetched(name);
  if (found.size === 0) throw new Error('the node’s worker fetches no mesh');
  return [...found];
}

function named(pattern) {
  const found = readdirSync(ASSETS).filter((name) => pattern.test(name));
  if (found.length !== 1)
    throw new Error(`expected one ${String(pattern)} in ${ASSETS}, found ${String(found.length)}`);
  return found[0];
}

/** The instrumenter by itself: without what the node has anyway. */
async function instrumenter() {
  const outDir = '.cache/size';
  await build({
    configFile: false,
    logLevel: 'silent',
    publicDir: false,
    build: {
      outDir,
      target: 'es2022',
      lib: { entry: 'src/skills/instrument/index.ts', formats: ['es'], fileName: 'instrument' },
      minify: true,
      rolldownOptions: { external: /(\/crypto|\/protocol\/limits|\.\.\/types)$/, output: { minify: true } },
    },
  });
  return `${outDir}/instrument.js`;
}

const [, entry] = /<script type="module"[^>]* src="\/assets\/([^"]+)"/.exec(readFileSync(`${APP}/index.html`, 'utf8'));

export default [
  { name: 'initial JS', path: graph(entry), limit: '60 kB', gzip: true },
  { name: 'node worker without mesh', path: graph(named(/^node\.shared-.+\.js$/)), limit: '90 kB', gzip: true },
  { name: 'mesh', path: mesh(named(/^node\.shared-.+\.js$/)), limit: '200 kB', gzip: true },
  // All ABIs: its policy lets it load nothing later.
  { name: 'instrumenter', path: await instrumenter(), limit: '10 kB', gzip: true },
  { name: 'skill worker', path: graph(named(/^skill-.+\.js$/)), limit: '21 kB', gzip: true },
];
