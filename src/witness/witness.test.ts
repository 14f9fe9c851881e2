import { beforeEach, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import {
  cosignerKey,
  formatVkey,
  noteKey,
  parseAddCheckpoint,
  parseCheckpoint,
  parseCosignerVkey,
  parseNote,
  provenOldRoot,
  sha256Hex,
  sha256Text,
  signNote,
  signerFromSeed,
  utf8,
  verifyCosignature,
  verifyNote,
} from '../crypto';
import { LIMITS } from '../protocol/limits';
import { formatRegistration, readLogList, Witness } from './index';
import type { Fork, WitnessOptions } from './index';
import { TestLog, memoryStore } from './testkit';

const seed = (n: number) => signerFromSeed(new Uint8Array(32).fill(n));
const [signer, logSigner, node, other] = await Promise.all([seed(1), seed(2), seed(3), seed(4)]);
const NAME = 'witness.example/w1';
const key = cosignerKey(NAME, signer.publicKey);
const ORIGIN = 'log.example/a';
const NODE_ORIGIN = `sovereign-node/${sha256Hex(node.publicKey).slice(0, 16)}/01234567`;

const leaves = (branch: string, count: number, shared = 0) =>
  Array.from({ length: count }, (_, i) => (i < shared ? `shared ${i}` : `${branch} ${i}`));
const log = new TestLog(ORIGIN, logSigner, leaves('a', 40));
/** The same key, another history from entry 10 on. */
const fork = new TestLog(ORIGIN, logSigner, leaves('b', 40));

const MALFORMED = [
  ['nothing', ''],
  ['no checkpoint', `old 0\n\n${await signNote('text\n', ORIGIN, logSigner)}`],
  ['an old size past the checkpoint', new TextDecoder().decode(await log.request(4, 3))],
  [
    'a text past the limit',
    `old 0\n\n${await signNote(`${log.text(3)}${'x'.repeat(LIMITS.witnessTextBytes)}\n`, ORIGIN, logSigner)}`,
  ],
] as const;

let disk: Map<string, string>;
let forks: Fork[];
const open = (options: Partial<WitnessOptions> = {}) =>
  new Witness({
    name: NAME,
    signer,
    clock: { now: () => 1_700_000_000_500 },
    store: memoryStore(disk),
    logs: [noteKey(ORIGIN, logSigner.publicKey)],
    open: false,
    onFork: (found) => forks.push(found),
    ...options,
  });
beforeEach(() => {
  disk = new Map();
  forks = [];
});

describe('add-checkpoint', () => {
  test('the first checkpoint is taken as it is, the next one with its proof, the same one again', async () => {
    const witness = open();
    for (const [old, size] of [
      [0, 7],
      [7, 20],
      [20, 20],
    ] as const) {
      const { status, body } = await witness.addCheckpoint(await log.request(old, size));
      expect(status).toBe(200);
      const note = parseNote((await log.note(size)) + body)!;
      expect(await verifyCosignature(note, parseCosignerVkey(witness.vkey)!)).toBe(1_700_000_000);
      expect(await verifyCosignature(note, key)).toBe(1_700_000_000);
    }
    expect(witness.checkpoint(sha256Text(ORIGIN))).toBe(await log.note(20));
  });

  test('404 for a log it does not know', async () => {
    const stranger = new TestLog('log.example/b', logSigner, leaves('a', 3));
    expect((await open().addCheckpoint(await stranger.request(0, 3))).status).toBe(404);
  });

  test('403 without a signature by a known key; one by an unknown key does not disturb', async () => {
    const thief = new TestLog(ORIGIN, other, leaves('a', 3));
    const witness = open();
    expect((await witness.addCheckpoint(await thief.request(0, 3))).status).toBe(403);
    const both = `${await log.note(3)}${(await thief.note(3)).split('\n\n')[1]!}`;
    expect((await witness.addCheckpoint(utf8(`old 0\n\n${both}`))).status).toBe(200);
    expect(witness.checkpoint(sha256Text(ORIGIN))).toBe(await log.note(3));
  });

  test.each(MALFORMED)('400 for %s', async (_, body) => {
    expect((await open().addCheckpoint(utf8(body))).status).toBe(400);
  });

  test('409 with the known size when the old size is another', async () => {
    const witness = open();
    await witness.addCheckpoint(await log.request(0, 9));
    const conflict = { status: 409, type: 'text/x.tlog.size', body: '9\n' };
    expect(await witness.addCheckpoint(await log.request(0, 12))).toEqual(conflict);
    expect(await witness.addCheckpoint(await log.request(5, 12))).toEqual(conflict);
    expect(await witness.addCheckpoint(await log.request(5, 7))).toEqual(conflict);
    expect(forks).toEqual([]);
  });

  test('422 when the proof does not hold, or there is one for nothing', async () => {
    const witness = open();
    expect((await witness.addCheckpoint(await log.request(0, 9, log.proof(3, 9)))).status).toBe(422);
    await witness.addCheckpoint(await log.request(0, 9));
    expect((await witness.addCheckpoint(await log.request(9, 12, log.proof(8, 12)))).status).toBe(422);
    expect((await witness.addCheckpoint(await log.request(9, 12, []))).status).toBe(422);
    expect((await witness.addCheckpoint(await log.request(9, 9, log.proof(3, 9)))).status).toBe(422);
    expect((await witness.addCheckpoint(await log.request(9, 12))).status).toBe(200);
  });

  test('of two at once, one wins and the other is told so', async () => {
    const witness = open();
    await witness.addCheckpoint(await log.request(0, 5));
    const both = await Promise.all([log.request(5, 9), log.request(5, 12)]);
    const replies = await Promise.all(both.map((body) => witness.addCheckpoint(body)));
    expect(replies.map((r) => r.status).toSorted()).toEqual([200, 409]);
  });

  test('nothing is signed that could not be stored', async () => {
    const store = { ...memoryStore(disk), put: () => Promise.reject(new Error('disk full')) };
    await expect(open({ store }).addCheckpoint(await log.request(0, 5))).rejects.toThrow('disk full');
    expect((await open().addCheckpoint(await log.request(0, 7))).status).toBe(200);
  });
});

describe('forks', () => {
  test('the same size with another root: both checkpoints are kept, and survive a restart', async () => {
    const witness = open();
    await witness.addCheckpoint(await log.request(0, 9));
    const { status, body } = await witness.addCheckpoint(await fork.request(9, 9));
    expect([status, body]).toEqual([409, '9\n']);
    const evidence = { origin: ORIGIN, held: await log.note(9), offered: await fork.note(9), proven: true };
    expect(forks).toMatchObject([evidence]);
    expect(open().forks()).toMatchObject([evidence]);
    await witness.addCheckpoint(await fork.request(9, 9));
    expect(forks.length).toBe(1);
  });

  test('an operator who rewrote entry 3 and signed everything again is refused, and has proved it himself', async () => {
    const witness = open();
    await witness.addCheckpoint(await log.request(0, 9));
    expect((await witness.addCheckpoint(await fork.request(9, 12))).status).toBe(422);
    const [found] = witness.forks();
    expect(found!.proven).toBe(true);
    // What a stranger does with it, who has the log's key alone.
    const [held, offered] = [parseNote(found!.held)!, parseNote(found!.offered)!];
    const logKey = noteKey(ORIGIN, logSigner.publicKey);
    expect([await verifyNote(held, logKey), await verifyNote(offered, logKey)]).toEqual([true, true]);
    const { proof } = parseAddCheckpoint(`old 9\n${found!.proof.map((h) => `${h}\n`).join('')}\n${found!.offered}`)!;
    const newRoot = fork.root(12);
    expect(parseCheckpoint(offered.text)!.size).toBe(12);
    expect(provenOldRoot(9, 12, newRoot, proof)).toEqual(fork.root(9));
    expect(fork.root(9)).not.toEqual(log.root(9));
    // The true history goes on.
    expect((await witness.addCheckpoint(await log.request(9, 12))).status).toBe(200);
  });

  test('a proof that is merely wrong accuses nobody for sure', async () => {
    const witness = open();
    await witness.addCheckpoint(await log.request(0, 9));
    await witness.addCheckpoint(await log.request(9, 12, log.proof(5, 12)));
    expect(witness.forks()).toMatchObject([{ proven: false }]);
    await witness.addCheckpoint(await fork.request(9, 12));
    await witness.addCheckpoint(await fork.request(9, 13));
    await witness.addCheckpoint(await fork.request(9, 14));
    expect(witness.forks().map((f) => f.proven)).toEqual([true, true]);
  });

  test('whatever is asked, in whatever order and over restarts, only one tree is ever signed', async () => {
    const step = fc.record({
      old: fc.nat(40),
      size: fc.nat(40),
      useHeld: fc.boolean(),
      branch: fc.constantFrom('a', 'b'),
      proofFrom: fc.constantFrom('own', 'other', 'none'),
      restart: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.nat(20), fc.array(step, { maxLength: 12 }), async (shared, steps) => {
        disk = new Map();
        const branches = {
          a: new TestLog(ORIGIN, logSigner, leaves('a', 40, shared)),
          b: new TestLog(ORIGIN, logSigner, leaves('b', 40, shared)),
        };
        let witness = open();
        let held = 0;
        const possible = new Set(['a', 'b']);
        for (const { old, size, useHeld, branch, proofFrom, restart } of steps) {
          if (restart) witness = open();
          const from = useHeld ? held : old;
          const source = branches[proofFrom === 'other' ? (branch === 'a' ? 'b' : 'a') : branch];
          const proof = proofFrom === 'none' ? [] : source.proof(from, size);
          const { status } = await witness.addCheckpoint(await branches[branch].request(from, size, proof));
          if (status !== 200) continue;
          expect(size).toBeGreaterThanOrEqual(held);
          held = size;
          if (size > shared) possible.delete(branch === 'a' ? 'b' : 'a');
          expect(possible.has(branch)).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('which logs', () => {
  const nodeLog = new TestLog(NODE_ORIGIN, logSigner, leaves('a', 9));

  test('a node registers its log with its node key, and then it is served, also after a restart', async () => {
    const body = utf8(await formatRegistration(NODE_ORIGIN, logSigner.publicKey, node));
    expect((await open().addLog(body)).status).toBe(403);
    expect((await open({ open: true }).addCheckpoint(await nodeLog.request(0, 3))).status).toBe(404);
    expect((await open({ open: true }).addLog(body)).status).toBe(200);
    expect((await open({ open: true }).addLog(body)).status).toBe(200);
    expect((await open({ open: true }).addCheckpoint(await nodeLog.request(0, 3))).status).toBe(200);
  });

  test("nobody takes another node's name, and no other kind of name can be registered", async () => {
    const witness = open({ open: true });
    const stolen = await formatRegistration(NODE_ORIGIN, other.publicKey, other);
    expect((await witness.addLog(utf8(stolen))).status).toBe(400);
    await expect(formatRegistration(ORIGIN, logSigner.publicKey, node)).rejects.toThrow(TypeError);
    const good = await formatRegistration(NODE_ORIGIN, logSigner.publicKey, node);
    const replaced = good.replace(
      formatVkey(noteKey(NODE_ORIGIN, logSigner.publicKey)),
      formatVkey(noteKey(NODE_ORIGIN, other.publicKey)),
    );
    expect((await witness.addLog(utf8(replaced))).status).toBe(400);
    expect(await witness.addLog(utf8(''))).toMatchObject({ status: 400 });
  });

  test('a node may change its log key, a few times, and the tree stays the same', async () => {
    const witness = open({ open: true });
    for (let n = 0; n < LIMITS.witnessKeysPerLog + 1; n++) {
      const logKey = (await seed(20 + n)).publicKey;
      const { status } = await witness.addLog(utf8(await formatRegistration(NODE_ORIGIN, logKey, node)));
      expect(status).toBe(n < LIMITS.witnessKeysPerLog ? 200 : 503);
    }
    const [first, second] = [
      new TestLog(NODE_ORIGIN, await seed(20), leaves('a', 9)),
      new TestLog(NODE_ORIGIN, await seed(21), leaves('b', 9)),
    ];
    expect((await witness.addCheckpoint(await first.request(0, 5))).status).toBe(200);
    expect((await witness.addCheckpoint(await second.request(5, 9))).status).toBe(422);
  });

  test('a list of logs', () => {
    const vkey = formatVkey(noteKey(ORIGIN, logSigner.publicKey));
    expect(readLogList(`# ours\n\n${vkey}\n`).map((k) => k.name)).toEqual([ORIGIN]);
    expect(() => readLogList(`${vkey}\n${vkey.replace('+', ' ')}\n`)).toThrow(
      expect.objectContaining({ code: 'bad_log', details: { line: 2 } }) as Error,
    );
  });

  test('a store that holds something else is refused', () => {
    for (const [key_, value] of [
      ['head/x', 'no note'],
      [`head/other`, 'x'],
      ['log/x', ''],
      ['fork/x/0', '{}'],
    ] as const) {
      disk = new Map([[key_, value]]);
      expect(() => open()).toThrow(expect.objectContaining({ code: 'state_broken' }) as Error);
    }
  });
});
