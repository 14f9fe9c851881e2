import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatSwarmKey, parseSwarmKey, relayKeyOf } from '../src/mesh/pnet';
import { runSwarmKey } from './swarm-key';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'swarm-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const code = await runSwarmKey(argv, { out: (text) => (out += text), err: (text) => (err += text) });
  return { code, out, err };
}

test('a new key each time, in the form of a swarm key file', async () => {
  const [a, b] = [await run(), await run()];
  expect(a.code).toBe(0);
  expect(parseSwarmKey(a.out)).toHaveLength(32);
  expect(a.out).not.toBe(b.out);
});

test('the key for a relay is derived, and the file is for its owner alone', async () => {
  const [mesh, relay] = [join(directory, 'swarm.key'), join(directory, 'relay.key')];
  const key = new Uint8Array(32).fill(3);
  await writeFile(mesh, formatSwarmKey(key));
  expect(await run('--relay', mesh, '--out', relay)).toEqual({ code: 0, out: '', err: '' });
  expect(parseSwarmKey(await readFile(relay, 'utf8'))).toEqual(relayKeyOf(key));
  if (process.platform !== 'win32') expect((await stat(relay)).mode & 0o777).toBe(0o600);
});

test('a file that is there is not replaced', async () => {
  const file = join(directory, 'swarm.key');
  await writeFile(file, 'precious');
  expect((await run('--out', file)).code).toBe(1);
  expect(await readFile(file, 'utf8')).toBe('precious');
});

test('wrong usage, a missing file and one that is no key are told apart, and no key is repeated', async () => {
  expect((await run('--nonsense')).code).toBe(2);
  expect((await run('--relay', join(directory, 'none'))).code).toBe(1);
  const file = join(directory, 'wrong');
  await writeFile(file, `/key/swarm/psk/1.0.0/\n/base16/\n${'ab'.repeat(31)}`);
  const wrong = await run('--relay', file);
  expect(wrong.code).toBe(2);
  expect(wrong.err).not.toContain('abab');
});
