import { beforeAll, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { makeCheckpoint, openLog, type AuditLog, type NewEntry } from '../../audit';
import {
  cosign,
  cosignerKey,
  formatCosignerVkey,
  fromHex,
  hex,
  leafHash,
  noteKey,
  parseCheckpoint,
  parseNote,
  parseTlogProof,
  signerFromSeed,
  utf8,
  verifyInclusion,
  verifyNote,
} from '../../crypto';
import { LIMITS } from '../../protocol/limits';
import type { Comparison, SeenHead } from '../../protocol/messages';
import { createMemoryStorage, MemoryDisk, type Storage } from '../../storage';
import { SeenHistory, withSeen } from '../witness/history';
import { compareCheckpoint, proveEntry } from './index';

const ORIGIN = 'sovereign-node/0123456789abcdef';
const signers = await Promise.all([1, 2, 3, 4].map((seed) => signerFromSeed(new Uint8Array(32).fill(seed))));
const [governance, node, owner, logSigner] = signers as [(typeof signers)[0], ...typeof signers];
const keys = {
  governance: hex(governance.publicKey),
  node: hex(node!.publicKey),
  owner: hex(owner!.publicKey),
  log: hex(logSigner!.publicKey),
};
const genesis: NewEntry = {
  type: 'GENESIS',
  data: { origin: ORIGIN, node_id: '0'.repeat(64), keys, created_at: '2026-01-01T00:00:00.000Z' },
};
const note = (i: number): NewEntry => ({ type: 'SUBSYSTEM_RESTARTED', data: { i } });
const witness = await signerFromSeed(new Uint8Array(32).fill(9));
const WITNESSES = [
  { name: 'tower', url: 'https://w.example', vkey: formatCosignerVkey(cosignerKey('w.example', witness.publicKey)) },
];

async function newLog(salt: number, count: number): Promise<{ log: AuditLog; storage: Storage }> {
  const storage = createMemoryStorage({ disk: new MemoryDisk() });
  await storage.claimWriter();
  const clock = { now: () => Date.UTC(2026, 0, 1) };
  const log = await openLog({ storage, signer: logSigner!, origin: ORIGIN, clock, schedule: () => () => undefined });
  await log.appendAll([genesis, ...Array.from({ length: count - 1 }, (_, i) => note(i * salt))]);
  return { log, storage };
}

let log: AuditLog;
let storage: Storage;
beforeAll(async () => {
  ({ log, storage } = await newLog(1, 20));
});

describe('an entry is proved', () => {
  const check = async (seq: number) => {
    const answer = await proveEntry(log, storage.records, seq);
    const { index, proof, checkpointNote } = parseTlogProof(answer.proof)!;
    const parsed = parseNote(checkpointNote)!;
    const body = parseCheckpoint(parsed.text)!;
    expect(await verifyNote(parsed, noteKey(ORIGIN, logSigner!.publicKey))).toBe(true);
    const leaf = leafHash(utf8(`${answer.line}\n`));
    expect(verifyInclusion(leaf, index, body.size, proof, fromHex(body.root)!)).toBe(true);
    expect(verifyInclusion(leafHash(utf8(answer.line)), index, body.size, proof, fromHex(body.root)!)).toBe(false);
    expect([index, answer.size]).toEqual([seq, body.size]);
    return answer;
  };

  test('under the log’s own newest checkpoint, signed now where none covers it', async () => {
    const before = log.lastCheckpoint?.size ?? 0;
    expect(before).toBeLessThan(20);
    expect(await check(19)).toMatchObject({ size: 20, witnessed: false });
    expect(log.lastCheckpoint!.size).toBe(20);
    await log.append(note(100));
    expect(await check(3)).toMatchObject({ size: 20, witnessed: false });
  });

  test('under the newest witnessed checkpoint that covers it, and under no other log’s', async () => {
    const head = await log.checkpoint();
    const line = await cosign(parseNote(head.note)!.text, 'w.example', witness, 1_800_000_000);
    await storage.records.commit(new Map([['log/witnessed', head.note + line]]));
    await log.append(note(200));
    expect(await check(0)).toMatchObject({ size: head.size, witnessed: true });
    expect(await check(head.size)).toMatchObject({ size: head.size + 1, witnessed: false });
    const other = await newLog(7, 30);
    await storage.records.commit(new Map([['log/witnessed', (await other.log.checkpoint()).note]]));
    expect(await check(0)).toMatchObject({ witnessed: false });
    await storage.records.commit(new Map([['log/witnessed', 'nonsense']]));
    expect(await check(0)).toMatchObject({ witnessed: false });
  });

  test('an entry that is not there', async () => {
    await expect(proveEntry(log, storage.records, log.size)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a kept checkpoint is compared', () => {
  const compare = (text: string): Promise<Comparison> => compareCheckpoint(log, WITNESSES, text);

  test('same, prefix with its witnesses, and out of a proof', async () => {
    const head = await log.checkpoint();
    expect(await compare(head.note)).toMatchObject({ kind: 'same', size: log.size, root: log.root, seen: [] });
    const line = await cosign(parseNote(head.note)!.text, 'w.example', witness, 1_800_000_000);
    await log.append(note(300));
    const prefix = {
      kind: 'prefix',
      size: head.size,
      here: log.size,
      seen: [{ witness: 'tower', time: 1_800_000_000 }],
    };
    expect(await compare(head.note + line)).toMatchObject(prefix);
    expect(await compare(`  ${(head.note + line).trimEnd().replaceAll('\n', '\r\n')}`)).toMatchObject(prefix);
    const { proof } = await proveEntry(log, storage.records, 0);
    expect(await compare(proof)).toMatchObject({ kind: 'prefix', size: head.size });
  });

  test('a log that was rolled back, a rewritten one, and one that this key never signed', async () => {
    const longer = await newLog(1, 60);
    expect(await compare((await longer.log.checkpoint()).note)).toMatchObject({ kind: 'newer', size: 60 });
    const fork = await newLog(7, 15);
    expect(await compare((await fork.log.checkpoint()).note)).toMatchObject({ kind: 'fork', size: 15 });
    const body = { origin: ORIGIN, size: 15, root: 'a'.repeat(64) };
    expect(await compare((await makeCheckpoint(body, owner!)).note)).toMatchObject({ kind: 'unsigned' });
    const foreign = await makeCheckpoint({ ...body, origin: 'another.example/log' }, logSigner!);
    expect(await compare(foreign.note)).toMatchObject({ kind: 'foreign', words: expect.stringContaining('another') });
  });

  test('what is no checkpoint is refused, whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.constant(log.lastCheckpoint!.note.slice(0, 80))), async (text) => {
        await expect(compare(text)).rejects.toMatchObject({ code: 'bad_checkpoint' });
      }),
    );
  });
});

describe('what witnesses saw is kept', () => {
  test('across restarts, the earliest time of each witness', async () => {
    const history = await SeenHistory.open(storage.records);
    await history.add(10, { witness: 'b', time: 200 });
    await Promise.all([
      history.add(10, { witness: 'a', time: 100 }),
      history.add(4, { witness: 'a', time: 50 }),
      history.add(10, { witness: 'a', time: 300 }),
    ]);
    const heads = [
      { size: 4, seen: [{ witness: 'a', time: 50 }] },
      { size: 10, seen: [{ witness: 'a', time: 100 }, { witness: 'b', time: 200 }] }, // prettier-ignore
    ];
    expect((await SeenHistory.open(storage.records)).heads).toEqual(heads);
    await storage.records.commit(new Map([['log/seen', [{ size: -1 }]]]));
    expect((await SeenHistory.open(storage.records)).heads).toEqual([]);
  });

  test('bounded, and the first and the last stay', () => {
    let heads: SeenHead[] = [];
    const count = LIMITS.seenHeads + 50;
    for (let i = 0; i < count; i++) heads = withSeen(heads, i + 1, { witness: 'a', time: i * i });
    expect(heads).toHaveLength(LIMITS.seenHeads);
    expect(heads[0]!.size).toBe(1);
    expect(heads.at(-1)?.size).toBe(count);
    // The crowded beginning was thinned, not the sparse end.
    const end = Array.from({ length: 100 }, (_, i) => count - 99 + i);
    expect(heads.slice(-100).map(({ size }) => size)).toEqual(end);
  });
});
