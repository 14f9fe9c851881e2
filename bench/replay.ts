/** What a replay costs: each decision of a log made again under the default policies, no request asked twice. */
import { sha256Text } from '../src/crypto';
import { DEFAULT_POLICIES, POLICY_SCHEMA } from '../src/governance';
import type { DecisionRecord } from '../src/protocol/decisions';
import { createReplay } from '../src/verify/replay';
import { figure, type Figure } from './log';
import type { BenchRealm } from './realm';

const DECISIONS = 10_000;
const ROUNDS = 5;

/** The reading of a data set by a stage, as the default policies permit it. */
const record = (seq: number): DecisionRecord => ({
  seq,
  request: {
    principal: { type: 'Pipeline', id: 'bench' },
    action: 'read_dataset',
    resource: { type: 'Dataset', id: `set-${seq}` },
    context: { run: 'bench', stage: 'prepare', stage_type: 'data_preparation' },
  },
  policy_sha256: sha256Text(DEFAULT_POLICIES),
  decision: 'allow',
  policies: ['pipeline-runs-stages'],
  needed: 0,
  errors: [],
});

/** @throws Error when a decision does not come out as it was recorded */
export async function benchReplay(realm: BenchRealm): Promise<Figure[]> {
  const cedar = await realm.loadCedar();
  const records = Array.from({ length: DECISIONS }, (_, i) => record(i));
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const texts = { cedar: DEFAULT_POLICIES, schema: POLICY_SCHEMA };
    const start = performance.now();
    const replay = createReplay(cedar);
    const flaw = records.map((r) => replay.judge(r, texts)).find((f) => f !== undefined);
    times.push(performance.now() - start);
    if (flaw !== undefined) throw new Error(flaw);
  }
  return [figure(`replay of ${DECISIONS} policy decisions`, times, DECISIONS)];
}
