/** A device that decides with a key of its own, under a role for that one request; and what else is tried. */
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { beforeAll, describe, expect, test } from 'vitest';
import { base64, hex, jcs, sha256Hex, sha256Text, signerFromSeed, utf8, type Signer } from '../../crypto';
import { memoryReader, verifyBundle, type Report } from '..';
import { dataOf, entriesOf, resignRecord, resum, rewriteLog, type LooseEntry } from '../testing/forge';
import { makeKeys, makeSample, type Keys, type Sample } from '../testing/sample';

let sample: Sample;
let attacker: Keys;
let phone: Signer;
beforeAll(async () => {
  sample = await makeSample(cedar);
  attacker = await makeKeys(50);
  phone = await signerFromSeed(new Uint8Array(32).fill(77));
});

interface Changes {
  context?: Record<string, string>;
  times?: { issued_at: string; expires_at: string };
  issuer?: Signer;
  signer?: Signer;
  /** Instead of the role that is inserted. */
  without?: boolean;
  after?: (entries: LooseEntry[], role: LooseEntry) => LooseEntry[] | void;
}

type Loose = Record<string, unknown>;

/** The sample, in which the phone approved in the owner's place; the log key and the governance key sign everything. */
async function approvedByPhone(changes: Changes = {}): Promise<Report> {
  const { governance } = sample.keys;
  const entries = entriesOf(sample.files);
  const at = entries.findIndex(({ type }) => type === 'APPROVAL_DECIDED');
  const decided = entries[at]!;
  const approval = decided.data.approval as Loose & { approver: string };
  const before = jcs(approval);
  approval.approver = sha256Hex(phone.publicKey);
  const { approver: _, signature: __, ...signed } = approval;
  approval['signature'] = base64(await (changes.signer ?? phone).sign(utf8(jcs({ v: 1, ...signed }))));
  const order = entries.find(({ type, data }) => type === 'EXECUTION_AUTHORIZED' && data.order.approvals.length > 0)!
    .data.order as Loose;
  expect(jcs((order['approvals'] as object[])[0]!)).toBe(before);
  order['approvals'] = [approval];
  await resignRecord(order, governance);

  const role = structuredClone(entries.find(({ type }) => type === 'ROLE_SIGNATURE')!);
  const issuer = changes.issuer ?? governance;
  const record: Loose = {
    ...role.data.role_signature,
    role: 'approver',
    principal: { type: 'Member', id: 'phone' },
    context: changes.context ?? { approval_id: approval['approval_id'], key: hex(phone.publicKey) },
    nonce: '7'.repeat(32),
    issuer: sha256Hex(issuer.publicKey),
    issued_at: new Date(Date.parse(decided.ts) - 1).toISOString(),
    expires_at: new Date(Date.parse(decided.ts) + 60_000).toISOString(),
    ...changes.times,
  };
  await resignRecord(record, issuer);
  role.data = { role_signature: record, role_signature_sha256: sha256Text(jcs(record)) } as never;
  role.ts = decided.ts;
  const all = changes.without ? entries : inserted(entries, at, role);
  const edited = changes.after?.(all, role) ?? all;
  edited.forEach((e, i) => (e.ts = [edited[i - 1]?.ts ?? e.ts, e.ts].sort()[1]!));
  const files = await rewriteLog(sample.files, () => edited, sample.keys);
  const signedFiles = await resum(files, governance);
  return verifyBundle(memoryReader(signedFiles), { governanceKey: governance.publicKey });
}

/** With one more entry, and what names places behind it moved. */
function inserted(entries: LooseEntry[], at: number, entry: LooseEntry): LooseEntry[] {
  for (const { data } of entries) {
    const named = data as unknown as { authorized_seq?: number };
    if (named.authorized_seq !== undefined && named.authorized_seq >= at) named.authorized_seq++;
  }
  return [...entries.slice(0, at), entry, ...entries.slice(at)];
}

const codes = ({ problems }: Report): string[] => [
  ...new Set(problems.filter(({ verdict }) => verdict !== 'policyReplay').map(({ code }) => code)),
];

describe('a device with a role for one request', () => {
  test('decides it with its own key', async () => {
    const report = await approvedByPhone();
    expect(codes(report)).toEqual([]);
    expect(report.verdicts).toMatchObject({ integrity: 'pass', authenticity: 'pass' });
  });

  test.each<[string, () => Changes, string[]]>([
    ['without a role', () => ({ without: true }), ['bad_approval']],
    [
      'for another request',
      () => ({ context: { approval_id: '9'.repeat(32), key: hex(phone.publicKey) } }),
      ['bad_approval'],
    ],
    [
      'for another device',
      () => ({
        context: {
          approval_id: dataOf(entriesOf(sample.files), 'APPROVAL_REQUESTED')['approval_id' as never],
          key: hex(attacker.node.publicKey),
        },
      }),
      ['bad_approval'],
    ],
    ['for no key', () => ({ context: {} }), ['bad_entry', 'bad_approval']],
    [
      'whose time was over',
      () => ({ times: { issued_at: '2020-01-01T00:00:00.000Z', expires_at: '2020-01-02T00:00:00.000Z' } }),
      ['role_expired'],
    ],
    [
      'whose time had not begun',
      () => ({ times: { issued_at: '2099-01-01T00:00:00.000Z', expires_at: '2099-01-02T00:00:00.000Z' } }),
      ['role_expired'],
    ],
    ['that a stranger granted', () => ({ issuer: attacker.governance }), ['bad_role', 'bad_approval']],
    ['under another’s signature', () => ({ signer: attacker.node }), ['bad_signature']],
    [
      'that the log grants only afterwards',
      () => ({
        after: (entries, role) => {
          const at = entries.indexOf(role);
          [entries[at], entries[at + 1]] = [entries[at + 1]!, entries[at]!];
        },
      }),
      ['bad_approval'],
    ],
  ])('decides nothing %s', async (_, changes, expected) => {
    const report = await approvedByPhone(changes());
    for (const code of expected) expect(codes(report)).toContain(code);
    expect(report.verdicts.authenticity).toBe('fail');
  });
});
