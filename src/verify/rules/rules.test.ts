import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { beforeAll, describe, expect, test } from 'vitest';
import { base64, hex, jcs, sha256Hex, sha256Text, utf8 } from '../../crypto';
import { memoryReader, verifyBundle, type Report } from '..';
import { dataOf, entriesOf, resignRecord, resum, rewriteLog, type LooseEntry } from '../testing/forge';
import { makeKeys, makeSample, type Keys, type Sample } from '../testing/sample';

let sample: Sample;
let attacker: Keys;
beforeAll(async () => {
  sample = await makeSample(cedar);
  attacker = await makeKeys(50);
});

/** Of what the rules find; what the replay of decisions finds besides is in replay/attacks.test.ts. */
const codes = (report: Report): string[] => [
  ...new Set(report.problems.filter((p) => p.verdict !== 'policyReplay').map((p) => p.code)),
];

/** Even with list, log and checkpoint properly signed, what an entry claims must hold by itself. */
describe('in a log that the log key signed', () => {
  const forge = async (edit: (entries: LooseEntry[]) => LooseEntry[] | Promise<void> | void): Promise<Report> => {
    const entries = entriesOf(sample.files);
    const edited = (await edit(entries)) ?? entries;
    // Times must not run back, so that the claim is all that is wrong.
    edited.forEach((e, i) => (e.ts = [edited[i - 1]?.ts ?? e.ts, e.ts].sort()[1]!));
    const files = await rewriteLog(sample.files, () => edited, sample.keys);
    const signed = await resum(files, sample.keys.governance);
    return verifyBundle(memoryReader(signed), { governanceKey: sample.keys.governance.publicKey });
  };
  const refused = async (edit: Parameters<typeof forge>[0], ...expected: string[]): Promise<void> => {
    const report = await forge(edit);
    expect(codes(report)).toEqual(expected);
    expect(report.verdicts.authenticity).toBe('fail');
  };
  const move = (entries: LooseEntry[], from: string, last = false): LooseEntry => {
    const i = last ? entries.findLastIndex((e) => e.type === from) : entries.findIndex((e) => e.type === from);
    return entries.splice(i, 1)[0]!;
  };

  test('untouched, it passes: the forger itself is not what is found', async () => {
    expect((await forge(() => undefined)).problems).toEqual([]);
  });

  test('relabel a role signature', () =>
    refused(
      (entries) => {
        const data = dataOf(entries, 'ROLE_SIGNATURE');
        data.role_signature.role = 'promoter';
        data.role_signature_sha256 = sha256Text(jcs(data.role_signature));
      },
      'unknown_role',
      'bad_signature',
    ));

  test('a role signed with another key, that key named inside it', () =>
    refused(
      async (entries) => {
        const data = dataOf(entries, 'ROLE_SIGNATURE');
        data.role_signature.issuer = sha256Hex(attacker.governance.publicKey);
        await resignRecord(data.role_signature, attacker.governance);
        data.role_signature_sha256 = sha256Text(jcs(data.role_signature));
      },
      'bad_role',
      'unknown_role',
    ));

  test('a configuration signed with another key', () =>
    refused(async (entries) => {
      const data = dataOf(entries, 'CONFIG_SNAPSHOT');
      data.signature = base64(await attacker.governance.sign(utf8(jcs(data.snapshot))));
    }, 'bad_signature'));

  test('an order signed with another key', () =>
    refused(
      (entries) => resignRecord(dataOf(entries, 'EXECUTION_AUTHORIZED').order, attacker.governance),
      'order_bad_signature',
    ));

  test('an order with a field changed', () =>
    refused(
      (entries) => void (dataOf(entries, 'EXECUTION_AUTHORIZED').order.audience = 'registry'),
      'order_bad_signature',
    ));

  test('one order replayed', () =>
    refused((entries) => {
      const order = entries.find((e) => e.type === 'EXECUTION_AUTHORIZED')!;
      return [...entries, structuredClone(order)];
    }, 'order_repeated'));

  test('one order for other arguments', () =>
    refused(
      (entries) => void (dataOf(entries, 'EXECUTION_AUTHORIZED').arguments.file = 'other.csv'),
      'order_wrong_arguments',
    ));

  test('an order for another request', () =>
    refused(
      (entries) => void (dataOf(entries, 'EXECUTION_AUTHORIZED').request.action = 'promote'),
      'order_wrong_request',
    ));

  test('an order under policies that were not in force', () =>
    refused(async (entries) => {
      const { order } = dataOf(entries, 'EXECUTION_AUTHORIZED');
      order.policy_sha256 = 'f'.repeat(64);
      await resignRecord(order, sample.keys.governance);
    }, 'order_stale_policy'));

  test('an order after its role expired', () =>
    refused(async (entries) => {
      const { order } = dataOf(entries, 'EXECUTION_AUTHORIZED');
      order.issued_at = '2036-01-01T00:00:00.000Z';
      await resignRecord(order, sample.keys.governance);
    }, 'role_expired'));

  test('an effect without an order', () =>
    refused(
      (entries) => entries.filter((e) => e.type !== 'EXECUTION_AUTHORIZED' || e.data.order.action !== 'read_dataset'),
      'no_order',
      'order_from_future',
      'bad_reference',
    ));

  test('an effect before its order', () =>
    refused((entries) => {
      const order = move(entries, 'EXECUTION_AUTHORIZED');
      entries.splice(entries.findIndex((e) => e.type === 'EXECUTION_COMPLETED') + 1, 0, order);
    }, 'no_order'));

  test('an effect done twice under one order', () =>
    refused(
      (entries) => [...entries, structuredClone(entries.find((e) => e.type === 'EXECUTION_COMPLETED')!)],
      'order_used_twice',
    ));

  test('a promotion without its approval', () =>
    refused(async (entries) => {
      const { order } = entries.findLast((e) => e.type === 'EXECUTION_AUTHORIZED')!.data;
      order.approvals[0]!.decided_at = '2026-01-02T00:00:00.000Z';
      await resignRecord(order, sample.keys.governance);
    }, 'bad_approval'));

  test('an approval used for another action', () =>
    refused(async (entries) => {
      const approved = entries.findLast((e) => e.type === 'EXECUTION_AUTHORIZED')!.data.order.approvals;
      const { order } = dataOf(entries, 'EXECUTION_AUTHORIZED');
      order.approvals = approved;
      await resignRecord(order, sample.keys.governance);
    }, 'bad_approval'));

  test('an approval by another key', () =>
    refused((entries) => {
      dataOf(entries, 'APPROVAL_DECIDED').approval.approver = sha256Hex(attacker.owner.publicKey);
    }, 'bad_approval'));

  test('a pointer that did not stand where it is said to', () =>
    refused((entries) => void (dataOf(entries, 'PROMOTION').from = 'a'.repeat(64)), 'bad_pointer'));

  test('a second owner in the middle of the log', () =>
    refused((entries) => [...entries, structuredClone(entries[0]!)], 'bad_genesis'));

  test('the keys of the log exchanged in its first entry', () =>
    refused(
      (entries) => void (dataOf(entries, 'GENESIS').keys.owner = hex(attacker.owner.publicKey)),
      'bad_approval',
      'bad_signature',
    ));

  test('the owner who rewrites his own history is not caught here, and the report does not say he would be', async () => {
    const report = await forge((entries) => void (dataOf(entries, 'STAGE_COMPLETED').summary = 'better'));
    expect(report.verdicts).toMatchObject({ integrity: 'pass', authenticity: 'pass', nonEquivocation: 'unknown' });
    expect(report.reasons.nonEquivocation).toMatch(/could show others another log/);
  });
});
