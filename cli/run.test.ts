import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bundleSkillThread } from '../scripts/lib/skill-thread.mjs';
import { defaultHome } from './home/home';
import type { Places } from './home/with-node';
import { runReplay } from './replay';
import { runRun } from './run';
import type { Terminal } from './terminal';
import { loadCedar } from './home/cedar';
import { runVerify } from './verify';

const IRON_PATH = 'examples/iron-path.yaml';

let root: string;
let places: Places;
let dir: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'sovereign-cli-'));
  places = { assets: pathToFileURL(join('public', '/')), skillThread: await bundleSkillThread(join(root, 'thread')) };
});
beforeEach(() => {
  dir = mkdtempSync(join(root, 'case-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Somebody who answers `answers` one after the other; 'ctrl-c' interrupts in place of an answer. */
class Person implements Terminal {
  said = '';
  complained = '';
  interrupt: () => void = () => undefined;
  constructor(
    readonly interactive: boolean,
    readonly answers: string[] = [],
  ) {}
  out = (text: string): void => void (this.said += text);
  err = (text: string): void => void (this.complained += text);
  ask(question: string, signal: AbortSignal): Promise<string | undefined> {
    // The person's Enter ends the line.
    this.said += `${question}\n`;
    const answer = this.answers.shift();
    if (answer !== 'ctrl-c') return Promise.resolve(answer);
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(undefined));
      this.interrupt();
    });
  }
  onInterrupt(listener: () => void): () => void {
    this.interrupt = listener;
    return () => undefined;
  }
}
const nobody = () => new Person(false);

const sovereign = (person: Person, ...args: string[]) =>
  runRun(['--out', join(dir, 'out'), '--home', join(dir, 'home'), ...args], person, places);
const out = (...path: string[]) => join(dir, 'out', ...path);
const quiet = () => undefined;
const verified = (bundle: string) =>
  runVerify([out(bundle), '--key', out('governance.pub.pem')], { out: quiet, err: quiet, loadCedar });
const runId = (person: Person) => /^Run +([0-9a-f]{32})$/m.exec(person.said)?.[1];
const lineOf = (person: Person, stage: string) => person.said.split('\n').find((l) => l.split(/ +/)[1] === stage);

describe('sovereign run', () => {
  test('asks at the prompt, shows what will happen, leaves evidence that verifies', async () => {
    const person = new Person(true, ['maybe', 'yes']);
    expect(await sovereign(person, IRON_PATH)).toBe(0);
    for (const stage of ['prepare', 'train', 'evaluate', 'promote', 'undo', 'export']) {
      expect(lineOf(person, stage)).toMatch(/^ok +\S+ +\S+ +[0-9a-f]{12} +\d+ ms {2}/);
    }
    expect(person.said).toMatch(/asks to promote Pointer "production"\.\n {2}model_sha256 +[0-9a-f]{64}\n/);
    expect(await verified('bundle')).toBe(0);
    expect(await verified('bundle.zip')).toBe(0);
    const script = spawnSync('bash', [out('bundle', 'verify.sh'), out('governance.pub.pem')], { encoding: 'utf8' });
    expect(script.stdout).toMatch(/\nVERIFIED: /);
    expect(script.status).toBe(0);
    expect(statSync(join(dir, 'home')).mode & 0o777).toBe(0o700);
    // The key that the last lines name is the one that signs.
    expect(person.said).toContain(`--key ${out('governance.pub.pem')}`);
    expect(readFileSync(out('governance.pub.pem'), 'utf8')).toBe(
      readFileSync(out('bundle', 'keys', 'governance.pub.pem'), 'utf8'),
    );
  });

  test('each of its skills’ runs is identical when it is made again from the home', async () => {
    expect(await sovereign(nobody(), IRON_PATH, '--yes')).toBe(0);
    const log = readFileSync(out('bundle', 'log', 'entries.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    const entries = log.map((line) => JSON.parse(line) as { seq: number; data: { result?: object; order_id: string } });
    const runs = entries.filter(({ data }) => data.result && 'execution' in data.result);
    expect(runs.length).toBeGreaterThan(2);
    const again = async (...args: string[]) => {
      const person = nobody();
      const code = await runReplay([...args, '--home', join(dir, 'home')], person, places);
      return { code, said: person.said, complained: person.complained };
    };
    for (const { seq } of runs.slice(0, 2)) {
      const { code, said } = await again(`${seq}`, '--json');
      expect(JSON.parse(said)).toMatchObject({ seq, replayed: { kind: 'identical' } });
      expect(code).toBe(0);
    }
    expect((await again(runs[0]!.data.order_id)).said).toMatch(/^Again +IDENTICAL: /m);
    expect(await again('0')).toMatchObject({ code: 2, said: '' });
    expect(await again('one')).toMatchObject({ code: 2 });
  });

  test('nobody to ask and no --yes: refused with advice, and --resume --yes goes on where it stood', async () => {
    const first = nobody();
    expect(await sovereign(first, IRON_PATH)).toBe(1);
    expect(first.complained).toContain('--yes');
    expect(first.complained).toContain('--resume');
    expect(existsSync(out('bundle'))).toBe(false);
    const second = nobody();
    expect(await sovereign(second, IRON_PATH, '--resume', '--yes')).toBe(0);
    expect(runId(second)).toBe(runId(first));
    expect(lineOf(second, 'train')).toBe(lineOf(first, 'train'));
    expect(await verified('bundle')).toBe(0);
  });

  test('Ctrl-C at the prompt stops cleanly and says how to resume; a yes to resuming does', async () => {
    const first = new Person(true, ['ctrl-c']);
    expect(await sovereign(first, IRON_PATH)).toBe(1);
    expect(first.complained).toContain('npx sovereign run examples/iron-path.yaml');
    const second = new Person(true, ['', 'yes']);
    expect(await sovereign(second, IRON_PATH)).toBe(0);
    expect(runId(second)).toBe(runId(first));
    expect(lineOf(first, 'promote')).toMatch(/^stopped/);
    expect(lineOf(second, 'promote')).toMatch(/^ok/);
  });

  test('a refusal: exit 1, with evidence of it that verifies', async () => {
    const person = new Person(true, ['no']);
    expect(await sovereign(person, IRON_PATH)).toBe(1);
    expect(lineOf(person, 'promote')).toMatch(/^REFUSED .*approval_refused/);
    expect(await verified('bundle')).toBe(0);
    expect(readFileSync(out('bundle', 'log', 'entries.jsonl'), 'utf8')).toContain('"type":"RUN_FAILED"');
  });

  test('an own dataset that is not the declared one fails the run', async () => {
    writeFileSync(join(dir, 'mine.csv'), 'species,x\na,1\n');
    const person = nobody();
    expect(await sovereign(person, IRON_PATH, '--yes', '--dataset', join(dir, 'mine.csv'))).toBe(1);
    expect(lineOf(person, 'prepare')).toMatch(/^FAILED .*dataset_hash_mismatch/);
  });
});

describe('exit code 2, before anything is done', () => {
  const file = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  const refused = async (...args: string[]): Promise<string> => {
    const person = nobody();
    expect(await runRun(args, person, places)).toBe(2);
    expect(existsSync(join(dir, 'home', 'store'))).toBe(false);
    return person.complained;
  };
  const common = () => ['--out', out(), '--home', join(dir, 'home')];

  test('usage', async () => {
    expect(await refused()).toContain('Usage: sovereign run');
    expect(await refused(IRON_PATH)).toContain('--out');
    expect(await refused(IRON_PATH, ...common(), '--force')).toContain('--force');
    expect(await refused(IRON_PATH, 'second.yaml', ...common())).toContain('one pipeline');
  });
  test('a pipeline that is not there, not UTF-8, or wrong: every line and column', async () => {
    expect(await refused('gone.yaml', ...common())).toContain('ENOENT');
    expect(await refused(dir, ...common())).toContain('EISDIR');
    const bad = file('bad.yaml', 'name: ../x\ncolor: red\n');
    expect(await refused(bad, ...common())).toContain(`${bad}:2:1: unknown key "color"`);
    writeFileSync(join(dir, 'latin.yaml'), Uint8Array.of(0xff, 0xfe));
    expect(await refused(join(dir, 'latin.yaml'), ...common())).toContain('UTF-8');
  });
  test('a dataset that is not there, or that the pipeline does not read', async () => {
    expect(await refused(IRON_PATH, ...common(), '--dataset', 'gone.csv')).toContain('ENOENT');
    const csv = file('a.csv', 'x\n');
    expect(await refused(IRON_PATH, ...common(), '--dataset', `other.csv=${csv}`)).toContain('it reads penguins.csv');
  });
  test('something else where the bundle would go', async () => {
    mkdirSync(out('bundle'), { recursive: true });
    expect(await refused(IRON_PATH, ...common())).toContain('is no bundle');
  });
  test('a home that others may read', async () => {
    mkdirSync(join(dir, 'home'));
    file('home/diary.txt', '');
    chmodSync(join(dir, 'home'), 0o755);
    expect(await refused(IRON_PATH, ...common())).toContain('chmod 700');
  });
});

test("the home is the platform's data directory", () => {
  const home = (platform: NodeJS.Platform, env = {}) => defaultHome({ platform, env, userHome: '/home/ada' });
  expect(home('linux')).toBe('/home/ada/.local/share/sovereign-node');
  expect(home('linux', { XDG_DATA_HOME: '/data' })).toBe('/data/sovereign-node');
  expect(home('linux', { XDG_DATA_HOME: 'relative' })).toBe('/home/ada/.local/share/sovereign-node');
  expect(home('darwin')).toBe('/home/ada/Library/Application Support/sovereign-node');
});
