import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { beforeAll, describe, expect, test } from 'vitest';
import { hex, type Signer } from '../../crypto';
import { commitmentTo, signBody, signGenesis, type Purpose } from '../../keys';
import { BUNDLE_KEYS } from '../../protocol/bundle';
import type { JsonObject } from '../../protocol/json';
import { memoryReader, verifyBundle, type Report } from '..';
import { entriesOf, resignRecord, resum, rewriteLog, type LooseEntry } from '../testing/forge';
import { makeKeys, makeSample, type Keys, type Sample } from '../testing/sample';

/** Keys of the sample, those they commit to, and those after. */
let sample: Sample;
let next: Keys;
let third: Keys;
beforeAll(async () => {
  sample = await makeSample(cedar);
  next = await makeKeys(80);
  third = await makeKeys(120);
});

const originOf = (entries: readonly LooseEntry[]): string => (entries[0]!.data as unknown as { origin: string }).origin;
const commitments = (keys: Keys): JsonObject =>
  Object.fromEntries(BUNDLE_KEYS.map((name) => [name, commitmentTo(keys[name].publicKey)]));

/** The log's first entry as a node writes it: with commitments, signed. */
async function commit(entries: LooseEntry[]): Promise<void> {
  const data = { ...(entries[0]!.data as unknown as JsonObject), next: commitments(next) };
  entries[0]!.data = (await signGenesis(data, sample.keys.governance)) as never;
}

const entry = (type: string, data: JsonObject, ts: string): LooseEntry =>
  ({ v: 1, severity: 'INFO', type, seq: 0, prev: '', ts, data }) as unknown as LooseEntry;

/** Puts an entry in, and lets what points behind it point one further. */
function insert(entries: LooseEntry[], at: number, type: string, data: JsonObject): void {
  entries.splice(at, 0, entry(type, data, entries[at - 1]!.ts));
  for (const { data: of } of entries as unknown as { data: { authorized_seq?: number } }[])
    if (of.authorized_seq !== undefined && of.authorized_seq >= at) of.authorized_seq += 1;
}

async function rotation(
  entries: readonly LooseEntry[],
  purpose: Purpose,
  by: 'previous' | 'owner',
): Promise<JsonObject> {
  const body = {
    v: 1,
    type: 'KEY_ROTATED',
    origin: originOf(entries),
    purpose,
    index: 1,
    previous: hex(sample.keys[purpose].publicKey),
    key: hex(next[purpose].publicKey),
    next: { [purpose]: commitmentTo(third[purpose].publicKey) },
  };
  return {
    rotation: body,
    key_signature: await signBody(next[purpose], body),
    previous_signature: by === 'previous' ? await signBody(sample.keys[purpose], body) : null,
    owner_signature: by === 'owner' ? await signBody(sample.keys.owner, body) : null,
  };
}

async function revocation(entries: readonly LooseEntry[], purpose: Purpose, from: number): Promise<JsonObject> {
  const signer = purpose === 'owner' ? next.owner : sample.keys.owner;
  const key = hex(sample.keys[purpose].publicKey);
  const body = {
    v: 1,
    type: 'KEY_REVOKED',
    origin: originOf(entries),
    purpose,
    key,
    from_seq: from,
    reason: 'compromised',
  };
  return { revocation: body, signer: hex(signer.publicKey), signature: await signBody(signer, body) };
}

/** What the verifier finds in the log itself; which key files lie beside it is the exporter's matter. */
async function judge(
  edit: (entries: LooseEntry[]) => Promise<void>,
  logKey: Signer = sample.keys.log,
): Promise<Report> {
  const entries = entriesOf(sample.files);
  await commit(entries);
  await edit(entries);
  const files = await resum(
    await rewriteLog(sample.files, () => entries, { ...sample.keys, log: logKey, olderLog: sample.keys.log }),
    sample.keys.governance,
  );
  return verifyBundle(memoryReader(files), { governanceKey: sample.keys.governance.publicKey });
}
const inLog = (report: Report): string[] => [
  ...new Set(report.problems.filter((p) => p.where.startsWith('log/')).map((p) => p.code)),
];

const last = (entries: readonly LooseEntry[], type: string): number => entries.findLastIndex((e) => e.type === type);
/** Everything that the governance key signed from here on, signed by its successor instead. */
async function resignFrom(entries: LooseEntry[], at: number): Promise<void> {
  for (const e of entries.slice(at))
    if (e.type === 'EXECUTION_AUTHORIZED') await resignRecord(e.data.order, next.governance);
}

describe('the verifier follows the life of keys', () => {
  test('a log whose first entry commits to the next keys', async () => {
    expect((await judge(() => Promise.resolve())).problems).toEqual([]);
  });

  test('after a rotation the new key signs', async () => {
    const report = await judge(async (entries) => {
      const at = last(entries, 'EXECUTION_AUTHORIZED');
      insert(entries, at, 'KEY_ROTATED', await rotation(entries, 'governance', 'previous'));
      await resignFrom(entries, at);
    });
    expect(inLog(report)).toEqual([]);
  });

  test('attack: an order by the old key after its rotation', async () => {
    const report = await judge(async (entries) => {
      insert(
        entries,
        last(entries, 'EXECUTION_AUTHORIZED'),
        'KEY_ROTATED',
        await rotation(entries, 'governance', 'previous'),
      );
    });
    expect(inLog(report)).toEqual(['order_bad_signature']);
    expect(report.verdicts.authenticity).toBe('fail');
  });

  test('attack: an order by the new key before its rotation', async () => {
    const report = await judge(async (entries) => {
      const at = last(entries, 'EXECUTION_AUTHORIZED');
      await resignFrom(entries, at);
      insert(entries, at + 1, 'KEY_ROTATED', await rotation(entries, 'governance', 'previous'));
    });
    expect(inLog(report)).toEqual(['order_bad_signature']);
  });

  test('attack: an order by a revoked key after its revocation', async () => {
    const report = await judge(async (entries) => {
      const at = last(entries, 'EXECUTION_AUTHORIZED');
      insert(entries, at, 'KEY_REVOKED', await revocation(entries, 'governance', at));
    });
    // Nobody has put another key in its place, so the pinned one leads nowhere either.
    expect(inLog(report)).toEqual(expect.arrayContaining(['order_bad_signature', 'revoked_key', 'foreign_key']));
    expect(report.verdicts.authenticity).toBe('fail');
  });

  test('attack: a role by a revoked key after its revocation', async () => {
    const report = await judge(async (entries) => {
      const at = last(entries, 'EXECUTION_AUTHORIZED');
      insert(entries, at, 'KEY_ROTATED', await rotation(entries, 'governance', 'owner'));
      insert(entries, at, 'KEY_REVOKED', await revocation(entries, 'governance', at));
      await resignFrom(entries, at);
    });
    // The promotion's order is by the new key, but it rests on the old key's role.
    expect(inLog(report)).toEqual(['revoked_key']);
  });

  test('attack: an approval by a revoked owner key, used after its revocation', async () => {
    const report = await judge(async (entries) => {
      const at = last(entries, 'EXECUTION_AUTHORIZED');
      insert(entries, at, 'KEY_ROTATED', {
        ...(await rotation(entries, 'owner', 'previous')),
        previous_signature: null,
      });
      insert(entries, at, 'KEY_REVOKED', await revocation(entries, 'owner', at));
    });
    expect(inLog(report)).toEqual(['revoked_key']);
  });

  test('attack: an approval by the old owner key after its rotation', async () => {
    const report = await judge(async (entries) => {
      insert(entries, last(entries, 'APPROVAL_DECIDED'), 'KEY_ROTATED', await rotation(entries, 'owner', 'previous'));
    });
    expect(inLog(report)).toEqual(['bad_approval']);
  });

  test('attack: a revocation that reaches back over what the key signed', async () => {
    const report = await judge(async (entries) => {
      const at = entries.length;
      insert(
        entries,
        at,
        'KEY_REVOKED',
        await revocation(entries, 'governance', last(entries, 'EXECUTION_AUTHORIZED')),
      );
      insert(entries, at + 1, 'KEY_ROTATED', await rotation(entries, 'governance', 'owner'));
    });
    expect(inLog(report)).toEqual(['revoked_key']);
  });

  test('attack: the statement of a stage by a key that is revoked when the stage ends', async () => {
    const report = await judge(async (entries) => {
      const at = last(entries, 'STAGE_COMPLETED');
      insert(entries, at, 'KEY_ROTATED', await rotation(entries, 'governance', 'owner'));
      insert(entries, at, 'KEY_REVOKED', await revocation(entries, 'governance', at));
      await resignFrom(entries, at);
    });
    expect(report.problems.map((p) => p.code)).toContain('bad_statement_signature');
  });

  test('attack: a head by the old log key after its rotation', async () => {
    const edit = async (entries: LooseEntry[]): Promise<void> =>
      insert(entries, entries.length, 'KEY_ROTATED', await rotation(entries, 'log', 'previous'));
    expect(inLog(await judge(edit))).toContain('bad_checkpoint_signature');
    expect(inLog(await judge(edit, next.log))).toEqual([]);
  });

  test.each([
    [
      'to a key that was not committed',
      (d: JsonObject) => ({ ...d, rotation: { ...(d['rotation'] as JsonObject), key: hex(third.log.publicKey) } }),
    ],
    ['signed only by the new key', (d: JsonObject) => ({ ...d, previous_signature: null })],
  ])('attack: a rotation %s', async (_, change) => {
    const report = await judge(async (entries) =>
      insert(entries, entries.length, 'KEY_ROTATED', change(await rotation(entries, 'log', 'previous'))),
    );
    expect(inLog(report)).toEqual(['bad_key_change']);
  });
});
