/** An operator who rewrites what his policies decided, and signs everything again with all his own keys. */
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { beforeAll, describe, expect, test } from 'vitest';
import { jcs, sha256Text, utf8 } from '../../crypto';
import { DEFAULT_POLICIES, type Intent } from '../../governance';
import { BUNDLE, policyFile, type BundleFile } from '../../protocol/bundle';
import type { JsonObject } from '../../protocol/json';
import { memoryReader, verifyBundle, type Report } from '..';
import { drop, put, resum, textOf, type LooseEntry } from '../testing/forge';
import { exportAnew } from '../testing/operator';
import { makeSample, type Sample } from '../testing/sample';
import { createReplay } from '.';

const STRICT = `${DEFAULT_POLICIES}
@id("no-iris") forbid (principal, action == Action::"read_dataset", resource == Dataset::"iris.csv");
@id("sum") forbid (principal, action, resource)
  when { context has bytes && context.bytes + 9223372036854775807 > 0 };
`;

let sample: Sample;
beforeAll(async () => {
  sample = await makeSample(cedar, {
    also: async ({ governance, role }) => {
      const read = (file: string, context: Intent['context'] = {}): Promise<unknown> =>
        governance.execute({
          principal: { type: 'Pipeline', id: 'iron-path' },
          action: 'read_dataset',
          resource: { type: 'Dataset', id: file },
          args: { file, sha256: sha256Text(file) },
          context,
          roleSignature: role,
        });
      await governance.setPolicies(STRICT);
      await read('penguins.csv', { rows: 344 });
      await expect(read('iris.csv')).rejects.toMatchObject({ code: 'denied' });
      await expect(read('wine.csv', { bytes: 1 })).rejects.toMatchObject({ code: 'denied' });
      await governance.setPolicies(DEFAULT_POLICIES);
    },
  });
});

/** An entry's data as its owner may write it. */
interface LooseData {
  [key: string]: unknown;
  order: Record<string, unknown> & { decision: { policies: string[] }; approvals: unknown[] };
  request: { context: JsonObject; resource: { id: string } };
  context: JsonObject;
  resource: { id: string };
  policies: string[];
  errors: string[];
  needed: number;
  snapshot: { number: number; policies_sha256: string };
}
const dataOf = (entry: LooseEntry | undefined): LooseData => (entry as unknown as { data: LooseData }).data;

/** The first entry of a type that says something of `what`. */
const find = (entries: LooseEntry[], type: string, what = ''): LooseData =>
  dataOf(entries.find((e) => e.type === type && JSON.stringify(e.data).includes(what)));

const judge = (files: readonly BundleFile[], engine = true): Promise<Report> =>
  verifyBundle(memoryReader(files), {
    governanceKey: sample.keys.governance.publicKey,
    ...(engine ? { replay: createReplay(cedar) } : {}),
  });

/** Another text in place of {@link STRICT} from the start, everywhere in the log. */
const underOther = (text: string) => (entries: LooseEntry[]) => {
  const edited = JSON.parse(JSON.stringify(entries).replaceAll(sha256Text(STRICT), sha256Text(text))) as LooseEntry[];
  for (const data of edited.map(dataOf)) {
    if (data.order) data.order['arguments_sha256'] = sha256Text(jcs(data['arguments']));
    if (data['result'] !== undefined) data['result_sha256'] = sha256Text(jcs(data['result']));
  }
  return edited;
};

const rewrite = (edit: Parameters<typeof exportAnew>[1]): Promise<BundleFile[]> => exportAnew(sample, edit);

/** Only the replay finds it. */
async function found(files: BundleFile[], code: string, message: RegExp): Promise<void> {
  const report = await judge(files);
  expect(report.problems.map((p) => [p.verdict, p.code])).toEqual([['policyReplay', code]]);
  expect(report.problems[0]!.message).toMatch(message);
  expect(report.verdicts).toMatchObject({ integrity: 'pass', authenticity: 'pass', policyReplay: 'fail' });
  expect(report.reasons.policyReplay).toMatch(message);
}

test('untouched, every decision comes out the same', async () => {
  const { verdicts, reasons, problems } = await judge(sample.files);
  expect(problems).toEqual([]);
  expect(verdicts.policyReplay).toBe('pass');
  expect(reasons.policyReplay).toMatch(/^11 decisions/);
});

test('signed again without a change, it passes: the forger itself is not what is found', async () => {
  expect((await judge(await rewrite(() => undefined))).problems).toEqual([]);
});

test('without an engine the verdict is unknown, and says why', async () => {
  const { verdicts, reasons } = await judge(sample.files, false);
  expect(verdicts.policyReplay).toBe('unknown');
  expect(reasons.policyReplay).toMatch(/no policy engine/);
});

describe('the operator', () => {
  test('turns a denial into an execution', async () => {
    const files = await rewrite((entries) => {
      const i = entries.findIndex((e) => e.type === 'EXECUTION_BLOCKED' && dataOf(e).policies.includes('no-iris'));
      const from = entries.findIndex(
        (e) => e.type === 'EXECUTION_AUTHORIZED' && JSON.stringify(e).includes('penguins'),
      );
      const iris = (entry: LooseEntry): LooseEntry => {
        const text = JSON.stringify(entry).replaceAll('penguins.csv', 'iris.csv');
        const copy = JSON.parse(text) as LooseEntry;
        const [order] = [dataOf(copy).order];
        if (order) {
          const args = { file: 'iris.csv', sha256: sha256Text('iris.csv') };
          Object.assign(dataOf(copy), { arguments: args });
          Object.assign(order, { order_id: 'f'.repeat(32), arguments_sha256: sha256Text(jcs(args)) });
        } else dataOf(copy)['order_id'] = 'f'.repeat(32);
        return copy;
      };
      entries.splice(i, 1, ...entries.slice(from, from + 2).map(iris));
    });
    await found(files, 'wrong_decision', /records allow, but the policies say deny/);
  });

  test('names other policies as those that permitted', async () => {
    const files = await rewrite((entries) => {
      find(entries, 'EXECUTION_AUTHORIZED', 'penguins').order.decision.policies = ['rollback-is-free'];
    });
    await found(files, 'wrong_decision', /rollback-is-free decided, but pipeline-runs-stages did/);
  });

  test('names other policies as those that forbade', async () => {
    const files = await rewrite((entries) => {
      find(entries, 'EXECUTION_BLOCKED', 'no-iris').policies = [];
    });
    await found(files, 'wrong_decision', /no policy decided, but no-iris did/);
  });

  test('hides that a policy failed to evaluate', async () => {
    const files = await rewrite((entries) => {
      find(entries, 'EXECUTION_BLOCKED', 'wine').errors = [];
    });
    await found(files, 'wrong_decision', /no policy failed to evaluate, but sum did/);
  });

  test('edits the context of a refused act, so that it would have passed', async () => {
    const files = await rewrite((entries) => {
      find(entries, 'EXECUTION_BLOCKED', 'wine').context = {};
    });
    await found(files, 'wrong_decision', /records deny, but the policies say allow/);
  });

  test('edits the context of an executed act to one that the policies refuse', async () => {
    const files = await rewrite((entries) => {
      find(entries, 'EXECUTION_AUTHORIZED', 'penguins').request.context = { bytes: 1 };
    });
    await found(files, 'wrong_decision', /records allow, but the policies say deny/);
  });

  test('states a fact that the schema does not know', async () => {
    const files = await rewrite((entries) => {
      find(entries, 'EXECUTION_AUTHORIZED', 'penguins').request.context = { pined: true };
    });
    await found(files, 'wrong_decision', /cannot be decided/);
  });

  test('drops the approvals that a promotion needed', async () => {
    const files = await rewrite((entries) => {
      find(entries, 'EXECUTION_AUTHORIZED', '"promotion-needs-the-owner"').order.approvals = [];
    });
    await found(files, 'missing_approvals', /needed 1 approvals and has 0/);
  });

  test('drops them, and says that none were needed', async () => {
    const files = await rewrite((entries) => {
      const data = find(entries, 'EXECUTION_AUTHORIZED', '"promotion-needs-the-owner"');
      data.order.approvals = [];
      data.needed = 0;
    });
    await found(files, 'wrong_decision', /0 needed approvals, but the policies ask for 1/);
  });

  test('takes a decision out of an execution', async () => {
    const files = await rewrite((entries) => {
      delete (find(entries, 'EXECUTION_AUTHORIZED', 'penguins') as { needed?: number }).needed;
    });
    await found(files, 'no_decision', /does not record the decision/);
  });

  test('hides an execution without a decision behind the id of another order', async () => {
    const files = await rewrite((entries) => {
      const data = find(entries, 'EXECUTION_AUTHORIZED', 'penguins') as { needed?: number; order_id?: unknown };
      delete data.needed;
      data.order_id = find(entries, 'EXECUTION_AUTHORIZED', 'x.csv').order['order_id'];
    });
    await found(files, 'no_decision', /does not record the decision/);
  });

  test('has something done under an order that was never given', async () => {
    const files = await rewrite((entries) => [
      ...entries,
      { ...structuredClone(entries.at(-1)), type: 'NODE_STARTED', data: { order_id: 'e'.repeat(32) } as never },
    ]);
    await found(files, 'no_decision', /nothing in the log before it decided/);
  });

  test('says of a denial that no policy made it', async () => {
    const files = await rewrite((entries) => {
      find(entries, 'EXECUTION_BLOCKED', 'no-iris')['decided'] = false;
    });
    await found(files, 'no_decision', /does not record the decision/);
  });

  test('says of another refusal that a policy made it', async () => {
    const files = await rewrite((entries) => {
      find(entries, 'EXECUTION_BLOCKED', 'no-iris')['code'] = 'role_invalid';
    });
    await found(files, 'wrong_decision', /gives another reason/);
  });

  test('brings policies in force that nobody decided on', async () => {
    const files = await rewrite(async (entries) => {
      const sha256 = await sample.blobs.put(utf8(`${DEFAULT_POLICIES}\n// softer\n`));
      const more = structuredClone(entries.findLast((e) => e.type === 'CONFIG_SNAPSHOT')!);
      Object.assign(dataOf(more).snapshot, { number: 4, policies_sha256: sha256 });
      return [...entries, more];
    });
    await found(files, 'ungoverned_policies', /no decision of those before them permitted/);
  });

  test('decides by policies that were not yet in force', async () => {
    const report = await judge(
      await rewrite((entries) => {
        find(entries, 'EXECUTION_AUTHORIZED', 'x.csv').order['policy_sha256'] = sha256Text(STRICT);
      }),
    );
    expect(report.problems.map((p) => p.code)).toEqual(['order_stale_policy', 'stale_policy']);
    expect(report.verdicts.policyReplay).toBe('fail');
  });

  test('refuses by policies that were no longer in force', async () => {
    const files = await rewrite((entries) => {
      const i = entries.findIndex((e) => e.type === 'EXECUTION_BLOCKED' && dataOf(e).policies.includes('no-iris'));
      return [...entries.filter((_, n) => n !== i), entries[i]!];
    });
    await found(files, 'stale_policy', /not in force/);
  });

  test('rewrites his whole history under softer policies', async () => {
    const soft = STRICT.replace('@id("no-iris") forbid', '@id("no-iris") permit');
    await sample.blobs.put(utf8(soft));
    await found(await rewrite(underOther(soft)), 'wrong_decision', /records deny, but the policies say allow/);
  });

  test('puts policies in force that do not parse', async () => {
    const text = 'permit (principal, action, resource) whn { true };';
    await sample.blobs.put(utf8(text));
    const report = await judge(await rewrite(underOther(text)));
    expect(new Set(report.problems.map((p) => p.code))).toEqual(new Set(['wrong_decision']));
    expect(report.reasons.policyReplay).toMatch(/no decision can be made under its policies: .*(whn|unexpected)/);
  });
});

describe('the files', () => {
  const name = policyFile(sha256Text(STRICT));

  test('a policy text swapped under the same hash', async () => {
    const soft = STRICT.replace('@id("no-iris") forbid', '@id("no-iris") permit');
    const report = await judge(await resum(put(sample.files, name, soft), sample.keys.governance));
    expect(report.verdicts).toMatchObject({ integrity: 'fail', policyReplay: 'fail' });
    expect(new Set(report.problems.map((p) => p.code))).toEqual(new Set(['wrong_policy', 'wrong_decision']));
    expect(report.reasons.policyReplay).toMatch(/not here/);
  });

  test('a policy text left out', async () => {
    const report = await judge(await resum(drop(sample.files, name), sample.keys.governance));
    expect(report.verdicts).toMatchObject({ integrity: 'fail', policyReplay: 'fail' });
  });

  test('the list of decisions edited', async () => {
    const text = textOf(sample.files, BUNDLE.decisions).replace('"deny"', '"allow"');
    const report = await judge(await resum(put(sample.files, BUNDLE.decisions, text), sample.keys.governance));
    expect(report.problems.map((p) => [p.verdict, p.code])).toEqual([['integrity', 'wrong_decisions']]);
    // What is not whole is not said to be replayed.
    expect(report.verdicts.policyReplay).toBe('unknown');
  });
});
