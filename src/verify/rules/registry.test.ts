import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { beforeAll, expect, test } from 'vitest';
import { hex, publicKeyOf, sha256Text } from '../../crypto';
import { EMPTY_REGISTRY, registryDigest, step, type RegistryChange } from '../../registry';
import { memoryReader, verifyBundle } from '..';
import { dataOf, entriesOf, resum, rewriteLog, type LooseEntry } from '../testing/forge';
import { makeSample, type Sample } from '../testing/sample';

let sample: Sample;
beforeAll(async () => {
  sample = await makeSample(cedar);
});

const ADA = hex(publicKeyOf(new Uint8Array(32).fill(7)));
const install = (version: string, from: string | null, grants: string[] = []): RegistryChange => ({
  type: 'SKILL_INSTALLED',
  skill: 'weather',
  author: ADA,
  version,
  manifest_sha256: sha256Text(version),
  module_sha256: sha256Text(`module ${version}`),
  grants,
  from,
});
const HISTORY: RegistryChange[] = [
  install('1.0.0', null, ['log']),
  install('2.0.0', sha256Text('1.0.0')),
  { type: 'SKILL_ROLLED_BACK', skill: 'weather', from: sha256Text('2.0.0'), to: sha256Text('1.0.0') },
  { type: 'SKILL_REVOKED', skill: 'weather', manifest_sha256: sha256Text('2.0.0'), reason: 'It leaks.' },
  { type: 'AUTHOR_TRUSTED', author: ADA, trusted: true },
];

/** The log with these changes at its end, as its own keys would sign it. */
async function verdict(edit: (data: Record<string, unknown>[]) => void, changes = HISTORY): Promise<string[]> {
  const entries = entriesOf(sample.files);
  const { order_id } = dataOf(entries, 'EXECUTION_AUTHORIZED').order;
  let state = EMPTY_REGISTRY;
  const data = changes.map((change) => {
    const before = registryDigest(state);
    state = step(state, change);
    const { type: _, ...rest } = change;
    return { ...rest, state_before: before, state_after: registryDigest(state), order_id };
  });
  edit(data);
  const last = entries.at(-1);
  const added = data.map(
    (d, i) => ({ ...last, severity: 'INFO', type: changes[i]!.type, data: d }) as unknown as LooseEntry,
  );
  const files = await rewriteLog(sample.files, () => [...entries, ...added], sample.keys);
  const signed = await resum(files, sample.keys.governance);
  const report = await verifyBundle(memoryReader(signed), { governanceKey: sample.keys.governance.publicKey });
  return [...new Set(report.problems.map((p) => p.code))];
}

test('a registry that moved as it may passes', async () => {
  expect(await verdict(() => undefined)).toEqual([]);
});

test.each<[string, (data: Record<string, unknown>[]) => void, string]>([
  ['a state that was not', (d) => void (d[0]!['state_before'] = 'a'.repeat(64)), 'bad_registry'],
  ['a rollback that restored another state', (d) => void (d[2]!['state_after'] = d[1]!['state_after']), 'bad_registry'],
  ['grants that nobody was asked about', (d) => void (d[0]!['grants'] = ['log', 'mesh.send']), 'bad_registry'],
  [
    'another author under the name',
    (d) => void (d[1]!['author'] = hex(publicKeyOf(new Uint8Array(32)))),
    'bad_registry',
  ],
  ['a downgrade', (d) => void (d[1]!['version'] = '0.9.0'), 'bad_registry'],
  ['a revocation of nothing', (d) => void (d[3]!['manifest_sha256'] = 'a'.repeat(64)), 'bad_registry'],
  ['a change without an order', (d) => void (d[4]!['order_id'] = 'f'.repeat(32)), 'no_order'],
  ['an entry without its fields', (d) => void delete d[1]!['author'], 'bad_entry'],
])('%s does not', async (_name, edit, code) => {
  expect(await verdict(edit)).toContain(code);
});
