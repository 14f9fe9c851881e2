import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatSwarmKey } from '../src/mesh/pnet';
import { checkConfig } from './check';
import { parseConfig } from './config';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'check-'));
  await mkdir(join(directory, 'app'));
  await writeFile(join(directory, 'app/index.html'), '<!doctype html>');
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

const check = (...args: string[]): Promise<string> =>
  checkConfig(parseConfig(['--app', join(directory, 'app'), ...args]));

test('what a start would stumble over, a check names: key files too', async () => {
  const file = join(directory, 'relay.key');
  await writeFile(file, formatSwarmKey(new Uint8Array(32)));
  expect(await check('--relay-key-file', file)).toMatch(/relay\.key.*\nThe configuration is good\.\n$/s);
  await writeFile(file, 'secret');
  await expect(check('--relay-key-file', file)).rejects.toMatchObject({ code: 'bad_option' });
  await expect(check('--relay-key-file', join(directory, 'none'))).rejects.toMatchObject({ code: 'bad_option' });
  await expect(check('--witness-logs', join(directory, 'none'))).rejects.toMatchObject({ code: 'bad_option' });
});
