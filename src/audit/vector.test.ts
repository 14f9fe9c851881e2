import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { formatVkey, fromUtf8, noteKey } from '../crypto';
import { LogCore, makeCheckpoint, prepareEntry } from './index';
import { ORIGIN, START, signer } from './testkit';

// The document itself, so that it cannot go astray from the code.
const document = readFileSync(new URL('../../docs/log-format.md', import.meta.url), 'utf8');

test('the vector in docs/log-format.md', async () => {
  const core = new LogCore();
  const [line] = core.append([prepareEntry({ type: 'GENESIS', data: { b: 1e21, a: 'ü\n' } })], START);
  const { note } = await makeCheckpoint({ origin: ORIGIN, size: 1, root: core.root() }, signer);
  const vector = document.slice(document.indexOf('## Vector'));
  expect(vector).toContain(`\`\`\`\n${fromUtf8(line!.bytes)}\`\`\``);
  expect(vector).toContain(`\`${line!.hash}\``);
  expect(vector).toContain(`\`${core.root()}\``);
  expect(vector).toContain(`\`${formatVkey(noteKey(ORIGIN, signer.publicKey))}\``);
  expect(vector).toContain(`\`\`\`\n${note}\`\`\``);
});
