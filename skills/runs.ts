/**
 * Runs that must come out the same in every engine: bundled skills, modules of each ABI, each outcome, stack shapes, NaNs.
 * cli/skill-runs.test.ts makes them in Node's threads, e2e/skills-same.spec.ts in browsers; docs/vectors/skill-runs.json
 * says what they give.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSkills } from '../scripts/build-skills.mjs';
import { ROOT } from '../scripts/lib/paths.mjs';
import { sha256Hex, utf8 } from '../src/crypto';
import type { SkillManifest } from '../src/registry';
import { METERING, type SkillError, type SkillOutcome, type SkillRequest } from '../src/skills';
import { abiOf } from '../src/skills/abi';
import { WORLD } from '../src/skills/abi/raw';
import { compilePlugin } from '../src/skills/abi/testing/plugin';
import { rawWat, wat } from '../src/skills/abi/testing/wat';
import { BAD_SKILLS, requestFor } from '../src/skills/testkit';
import { nanProbe, stackShapes } from '../src/skills/testing/stack-shapes';
import { readRepo } from './testkit';

export interface NamedRun {
  name: string;
  request: SkillRequest;
}
type Over = Partial<Omit<SkillRequest, 'limits'>> & { limits?: Partial<SkillRequest['limits']> };

const run = (name: string, module: Uint8Array, { limits, ...over }: Over = {}): NamedRun => {
  const request = requestFor(module, over);
  return { name, request: { ...request, limits: { ...request.limits, ...limits } } };
};

/** All runs. Compiles the bundled skills and a plugin. */
export async function sameRuns(): Promise<NamedRun[]> {
  return [
    ...(await bundled()),
    ...(await plugins()),
    ...raw(),
    ...wasi(),
    ...imported(),
    ...endless(),
    ...refused(),
    ...shapes(),
  ];
}

const CSV = 'name,mass,year\r\nAda,1.5,2008\r\n"Bob, the 2nd",NaN,2009\r\nÉve,2.25e3,2009\r\n';
const FLOWERS = {
  features: ['a', 'b'],
  classes: ['x', 'y'],
  rows: [
    [1, 2.5],
    [2, 1],
    [1.5, 3],
    [3, 0.1],
  ],
  labels: [0, 1, 0, 1],
};
const MODEL = {
  bias: [0.1, -0.1],
  classes: ['x', 'y'],
  features: ['a', 'b'],
  kind: 'softmax_regression',
  mean: [1, 2],
  scale: [1, 0.5],
  weights: [
    [-1.2, 1.1],
    [1.2, -1.1],
  ],
  v: 1,
};
const SCRIPT = `const words = {};
for (let i = 0; i < 3000; i++) { const w = 'w' + (Math.random() * 50 | 0); words[w] = (words[w] ?? 0) + Math.sin(i); }
[Object.keys(words).sort().map((w) => w + words[w]).join(), Date.now(), new Date().toISOString(), 0.1 + 0.2, 1e21, -0]`;
/** What each bundled skill is given beside its examples: something good, and something that it cannot use. */
const INPUTS: Readonly<Record<string, readonly unknown[]>> = {
  checklist: [{ list: '- [ ] Pack\n- [x] Pay', do: [{ add: 'Lock' }, { tick: 1 }] }, {}],
  'csv-query': [{ data: CSV, query: 'select year, mean(mass) where year = 2009 group by year' }, { data: 1 }],
  'csv-summary': [CSV, '"'],
  'evaluate-model': [{ model: MODEL, rows: FLOWERS.rows, labels: FLOWERS.labels }, ''],
  'hash-file': ['', 'a'.repeat(100_000)],
  javascript: [
    { script: SCRIPT },
    { script: 'throw new TypeError("no")' },
    { script: 'const f = () => f() + 1; f()' },
    'x',
  ],
  'json-diff': [{ before: { a: [1, 2, { b: 0.1 }] }, after: { a: [2, { b: 1e-7 }], c: null } }, '{'],
  notarise: ['{"name":"a.txt","note":"ein Test"}\nthe bytes', 'nothing'],
  redact: [{ text: 'Ada <ada@example.org>, +44 20 7946 0000, DE89370400440532013000, 192.0.2.1' }, []],
  reminder: [
    { now: '2026-01-31T10:00:00Z', reminders: [{ name: 'pay', start: '2025-01-31T08:00:00Z', rule: 'FREQ=MONTHLY' }] },
    { now: 1 },
  ],
  'text-diff': [{ before: 'a\nb\nc\nd', after: 'a\nc\nx\nd\n' }, 7],
  'train-model': [{ parameters: { epochs: 300, learning_rate: 0.5, l2: 0.001 }, ...FLOWERS }, 'null'],
};

async function bundled(): Promise<NamedRun[]> {
  await buildSkills();
  const manifests = JSON.parse(readRepo('public/skills/manifest.json').toString()) as SkillManifest[];
  return manifests.flatMap(({ name, abi, entry, limits, sha256 }) => {
    const module = new Uint8Array(readRepo(`public/skills/${sha256}.wasm`));
    const inputs = [...examplesOf(name), ...(INPUTS[name] ?? []).map(bytesOf)];
    if (inputs.length === 0) throw new Error(`skills/runs.ts gives nothing to ${name}`);
    return inputs.map((input, i) => run(`${name} ${i + 1}`, module, { abi, entry, limits, input }));
  });
}

const bytesOf = (value: unknown) => utf8(typeof value === 'string' ? value : JSON.stringify(value));

function examplesOf(skill: string): Uint8Array[] {
  const folder = join(ROOT, 'skills', skill, 'examples');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.includes('.in.')) : [];
  return names.sort().map((name) => new Uint8Array(readFileSync(join(folder, name))));
}

async function plugins(): Promise<NamedRun[]> {
  const plugin = await compilePlugin();
  const over = { abi: 'extism', args: ['greeting=hi'], grants: ['log'] } as const;
  return ['count_vowels', 'echo', 'settings', 'fails', 'traps'].map((entry) =>
    run(`as-pdk plugin: ${entry}`, plugin, { ...over, entry }),
  );
}

const RANDOM = `(i32.store (i32.const 0) (i32.const 64)) (drop (call $random (i32.const 0) (i32.const 4)))
  (drop (call $result (i32.const 16) (i32.const 64))) (drop (call $clock (i32.const 0) (i32.const 0)))
  (drop (call $result (i32.const 80) (i32.const 8))) (call $pack (i32.const 16) (i32.const 72))`;

const TRAPS: Readonly<Record<string, string>> = {
  'integer division by zero': '(drop (i32.div_s (i32.const 1) (i32.const 0)))',
  'integer overflow': '(drop (i32.div_s (i32.const -2147483648) (i32.const -1)))',
  'float to integer': '(drop (i32.trunc_f64_s (f64.const nan)))',
  'load out of bounds': '(drop (i32.load (i32.const -4)))',
  'fill out of bounds': '(memory.fill (i32.const 0) (i32.const 0) (i32.const 262145))',
  'call of a missing function': '(call_indirect (i32.const 0))',
  'call of another type': '(call_indirect (param i32) (i32.const 0) (i32.const 1))',
  'call outside the table': '(call_indirect (i32.const 9))',
};

function raw(): NamedRun[] {
  const table = '(table 2 2 funcref) (elem (i32.const 1) $f) (func $f)';
  const imports = ['random', 'clock', 'result'];
  const bad = Object.entries(BAD_SKILLS).filter(([name]) => name !== 'loopsForever');
  return [
    ...bad.map(([name, module]) => run(`raw: ${name}`, module)),
    ...Object.entries(TRAPS).map(([name, code]) =>
      run(`trap: ${name}`, wat(rawWat(`${code} (i64.const 0)`, [], table))),
    ),
    run('raw: randomness and time', wat(rawWat(RANDOM, imports)), { grants: imports }),
    run('raw: another seed', wat(rawWat(RANDOM, imports)), { grants: imports, seed: '01'.repeat(32), now: 0 }),
    run('raw: too much output', wat(rawWat('(call $pack (i32.const 0) (i32.const 1001))'))),
    run('raw: NaNs', nanProbe(), { abi: 'extism' }),
  ];
}

function wasi(): NamedRun[] {
  const names = ['fd_write', 'fd_read', 'random_get', 'clock_time_get', 'proc_exit'];
  const types = ['i32 i32 i32 i32', 'i32 i32 i32 i32', 'i32 i32', 'i32 i64 i32', 'i32'];
  const imports = names.map((name, i) => {
    const result = name === 'proc_exit' ? '' : '(result i32)';
    return `(import "wasi_snapshot_preview1" "${name}" (func $${name} (param ${types[i]}) ${result}))`;
  });
  const program = (body: string) =>
    wat(`(module ${imports.join('\n')} (memory (export "memory") 1)
      (data (i32.const 0) "\\40\\00\\00\\00\\20\\00\\00\\00") (func (export "_start") ${body}))`);
  const write = '(drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))';
  const virtual = `(drop (call $random_get (i32.const 64) (i32.const 16)))
    (drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 80)))
    (drop (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 88)))`;
  const read = '(drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 12)))';
  const abi = 'wasi';
  return [
    run('wasi: copies its input', program(`${read} ${write}`), { abi }),
    run('wasi: randomness and time', program(`${virtual} ${write}`), { abi }),
    run('wasi: exits with 3', program(`${write} (call $proc_exit (i32.const 3))`), { abi }),
    run('wasi: traps', program(`${write} unreachable`), { abi }),
  ];
}

/** Each import once, with 3 for every number: what it costs and counts as. At 3 stands “aaa”, at 8 nothing. */
function imported(): NamedRun[] {
  const sessions = { raw: '(result i64)', wasi: '', extism: '(result i32)' } as const;
  return (Object.keys(sessions) as (keyof typeof sessions)[]).flatMap((abi) =>
    [...abiOf(abi).served]
      // What Extism and WASI share stands with WASI.
      .filter(
        ([name, { grant }]) => !(abi === 'extism' && name.startsWith('wasi')) && !WORLD.some((is) => is === grant),
      )
      .map(([name, { signature = '' }]) => {
        const [params, results] = signature.split('->').map((types) => types.match(/[if]\d+/g) ?? []);
        const [module, field] = [name.slice(0, name.indexOf('.')), name.slice(name.indexOf('.') + 1)];
        const answer = { raw: '(i64.const 0)', wasi: '', extism: '(i32.const 0)' }[abi];
        const call = `(call $it ${params!.map((type) => `(${type}.const 3)`).join(' ')})`;
        const text = `(module
          (import "${module}" "${field}" (func $it (param ${params!.join(' ')}) (result ${results!.join(' ')})))
          (memory (export "memory") 1) (data (i32.const 3) "aaa")
          (func (export "alloc") (param i32) (result i32) (i32.const 1024))
          (func (export "_start") ${abi === 'wasi' ? (results!.length > 0 ? `(drop ${call})` : call) : ''})
          (func (export "run") ${abi === 'raw' ? '(param i32 i32)' : ''} ${sessions[abi]}
            ${results!.length > 0 ? `(drop ${call})` : call} ${answer}))`;
        return run(`import: ${name}`, wat(text), { abi, grants: ['log', 'progress', 'clock', 'random', 'config'] });
      }),
  );
}

function endless(): NamedRun[] {
  const fill = '(memory.fill (i32.const 0) (i32.const 1) (i32.const 67108864))';
  const bodies = {
    'a loop': '(loop $l (br $l))',
    'memory.fill of 64 MiB': `(drop (memory.grow (i32.const 1020))) (loop $l ${fill} (br $l))`,
    'a growth bomb': '(loop $l (drop (memory.grow (i32.const 1))) (br $l))',
    recursion: '(drop (call $run (local.get $p) (local.get $n)))',
  };
  const limits = { memoryPages: 1_024, gas: 50_000_000 };
  return Object.entries(bodies).map(([name, body]) =>
    run(`endless: ${name}`, wat(rawWat(`${body} (i64.const 0)`)), { limits }),
  );
}

function refused(): NamedRun[] {
  const shared = wat('(module (import "env" "memory" (memory 1 2 shared)))', { threads: true });
  return [
    run('refused: a shared memory', shared),
    run('refused: an import of another name', wat('(module (import "env" "fetch" (func)))')),
    run('refused: bytes of another kind', utf8('<html></html>')),
  ];
}

function shapes(): NamedRun[] {
  const limits = { gas: 20_000_000_000 };
  return [false, true].flatMap((warm) =>
    stackShapes(warm).map(({ name, wasm }) =>
      run(`stack${warm ? ', warm' : ''}: ${name}`, wasm, { abi: 'extism', limits }),
    ),
  );
}

/** What is the same on every machine of how a run ended, or why it was refused. */
export type Ended = Record<string, unknown>;

export function endOf(outcome: SkillOutcome): Ended {
  if (outcome.kind === 'host_fault') return { outcome: outcome.kind, reason: outcome.reason, message: outcome.message };
  const { kind, gas, hostCalls, hostBytes, memorySha256, logs } = outcome;
  return {
    outcome: kind,
    ...(outcome.kind === 'ok' ? { output_sha256: sha256Hex(outcome.output) } : { message: outcome.message }),
    gas,
    host_calls: hostCalls,
    host_bytes: hostBytes,
    memory_sha256: memorySha256,
    ...(logs.length > 0 ? { logs } : {}),
  };
}

export function refusalOf(error: unknown): Ended {
  const { code, details } = error as SkillError;
  return {
    refused: code,
    ...(details['rule'] === undefined ? {} : { rule: details['rule'], offset: details['offset'] }),
  };
}

/** The text of docs/vectors/skill-runs.json. */
export function vectorsOf(runs: readonly NamedRun[], ends: readonly Ended[]): string {
  const rows = runs.map(({ name, request }, i) => JSON.stringify({ name, ...asked(request), gives: ends[i] }));
  const about = 'Runs of skills/runs.ts: what each gives in every engine. docs/skill-abi.md, docs/metering.md.';
  return `{\n"about": ${JSON.stringify(about)},\n"metering": "${METERING.version}",\n"weights": ${METERING.weights},\n"runs": [\n${rows.join(',\n')}\n]\n}\n`;
}

const asked = ({ moduleSha256, abi, entry, input }: SkillRequest) => ({
  module_sha256: moduleSha256,
  abi,
  ...(entry === undefined ? {} : { entry }),
  input_sha256: sha256Hex(input),
});
