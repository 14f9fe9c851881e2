/** What members deliver about approvals, as a hostile one would. */
import { describe, expect, test } from 'vitest';
import { publicKeyOf, signerFromSeed } from '../../crypto';
import { actionDigest, GovernanceError, signApproval, type PendingApproval } from '../../governance';
import { peerIdOf } from '../../mesh';
import { Delivery } from '../../mesh/delivery';
import { settled, TestTime } from '../../mesh/testing/time';
import { memoryMesh, testSeed } from '../../mesh/testkit';
import { sha256Text, jcs } from '../../crypto';
import type { Json } from '../../protocol/json';
import { LIMITS } from '../../protocol/limits';
import { systemRandom } from '../../protocol/runtime';
import { createMemoryStorage, MemoryDisk } from '../../storage';
import { NodeError } from '../errors';
import { MemberApprovals } from './approvals';

const DESKTOP = peerIdOf(publicKeyOf(testSeed(0)));

function request(id: number, over: Partial<PendingApproval> = {}): PendingApproval {
  const intent: PendingApproval['intent'] = {
    principal: { type: 'Owner', id: 'owner' },
    action: 'erase_openings',
    resource: { type: 'Openings', id: 'current' },
    args: { hashes: [String(id)] },
    context: {},
  };
  const digest = actionDigest(intent, sha256Text(jcs(intent.args)));
  return {
    ...{ id: id.toString(16).padStart(32, '0'), actionDigest: digest, intent, policies: ['p'], needed: 1, given: [] },
    ...{ requestedAt: '2027-01-15T08:00:00.000Z', expiresAt: '2027-01-22T08:00:00.000Z' },
    ...over,
  };
}

async function device(accept: (peer: string) => Promise<void> = () => Promise.resolve()) {
  const time = new TestTime();
  const storage = createMemoryStorage({ disk: new MemoryDisk() });
  await storage.claimWriter();
  const signer = await signerFromSeed(testSeed(1));
  const open = () =>
    MemberApprovals.open({
      records: storage.records,
      clock: time.clock,
      signer: () => signer,
      pending: () => [],
      deciders: () => [],
      nameOf: (peer) => (peer === DESKTOP ? 'Desktop' : undefined),
      accept,
      changed: () => undefined,
    });
  const approvals = await open();
  const say = (kind: string, body: object, from = DESKTOP) =>
    approvals.keep({ from, id: 'a'.repeat(32), kind, body: body as Json });
  return { time, storage, signer, approvals, open, say };
}

describe('a request that a member delivers', () => {
  test('is kept, shown once however often it comes, and there after a restart', async () => {
    const { approvals, open, say } = await device();
    for (let i = 0; i < 2; i++) expect(await say('approval', { v: 1, request: request(1) })).toBeUndefined();
    expect(approvals.list()).toEqual([{ peer: DESKTOP, name: 'Desktop', request: request(1), state: 'open' }]);
    expect((await open()).list()).toHaveLength(1);
    await say('approval_over', { v: 1, id: request(1).id });
    expect(approvals.list()).toEqual([]);
  });

  test('whose digest is another act’s is refused: nothing else can be signed under its words', async () => {
    const { approvals, say } = await device();
    const harmless = request(1, { actionDigest: request(2).actionDigest });
    expect(await say('approval', { v: 1, request: harmless })).toHaveProperty('refused');
    const unknown = request(1);
    expect(
      await say('approval', { v: 1, request: { ...unknown, intent: { ...unknown.intent, action: 'be_kind' } } }),
    ).toHaveProperty('refused');
    expect(approvals.list()).toEqual([]);
  });

  test.each<[string, string, object]>([
    ['of an unknown kind', 'toString', {}],
    ['without a version', 'approval', { request: request(1) }],
    ['with more fields', 'approval', { v: 1, request: { ...request(1), html: '<b>' } }],
    ['with a broken time', 'approval', { v: 1, request: request(1, { expiresAt: 'soon' }) }],
    ['with an id that is a path', 'approval', { v: 1, request: request(1, { id: '../../identity' }) }],
    ['that is no intent', 'approval', { v: 1, request: { ...request(1), intent: [] } }],
    ['over nothing', 'approval_over', { v: 1, id: 7 }],
    ['that is no approval', 'decision', { v: 1, approval: { verdict: 'yes' } }],
  ])('%s is refused', async (_, kind, body) => {
    const { approvals, say } = await device();
    expect(await say(kind, body)).toHaveProperty('refused');
    expect(approvals.list()).toEqual([]);
  });

  test('finds no room beyond as many as one node can have, and lapsed ones make room', async () => {
    const { time, approvals, say } = await device();
    for (let i = 0; i < LIMITS.pendingApprovals; i++) await say('approval', { v: 1, request: request(i) });
    expect(await say('approval', { v: 1, request: request(9999) })).toHaveProperty('refused');
    time.now = Date.parse('2027-01-22T08:00:00.000Z');
    expect(approvals.list()).toEqual([]);
    const later = request(9999, { expiresAt: '2027-02-01T08:00:00.000Z' });
    expect(await say('approval', { v: 1, request: later })).toBeUndefined();
    expect(approvals.list()).toHaveLength(1);
  });

  test('of who is a member no more is not shown', async () => {
    const { approvals, say } = await device();
    await say('approval', { v: 1, request: request(1) }, peerIdOf(publicKeyOf(testSeed(5))));
    expect(approvals.list()).toEqual([]);
  });
});

describe('a decision', () => {
  test('is refused for good where it is refused, and comes again where the node is not ready', async () => {
    const errors: Error[] = [
      new GovernanceError('approval_unknown', 'gone'),
      new NodeError('refused', 'no right'),
      new NodeError('not_ready', 'starting'),
      new GovernanceError('keys_changing', 'wait'),
    ];
    const { signer, say } = await device(() => Promise.reject(errors.shift()!));
    const approval = await signApproval(signer, request(1).id, request(1).actionDigest, 'yes', 0);
    const deliver = () => say('decision', { v: 1, approval });
    expect(await deliver()).toEqual({ refused: 'gone' });
    expect(await deliver()).toEqual({ refused: 'no right' });
    await expect(deliver()).rejects.toMatchObject({ code: 'not_ready' });
    await expect(deliver()).rejects.toMatchObject({ code: 'keys_changing' });
  });

  test('waits, marked as sent, for a desktop that is away; refused there, it is asked no more', async () => {
    const { time, storage, approvals, say } = await device();
    const [desktop, phone] = memoryMesh(2);
    const delivery = await Delivery.open({
      ...{ mesh: phone!, records: storage.records, clock: time.clock, random: systemRandom, schedule: time.schedule },
      isMember: () => true,
      keep: (message) => approvals.keep(message),
      onSettled: (message, outcome) => approvals.settled(message, outcome),
    });
    approvals.start(delivery);
    await say('approval', { v: 1, request: request(1) });
    await approvals.decide(DESKTOP, request(1).id, 'yes');
    expect(approvals.list()).toMatchObject([{ state: 'sent' }]);
    await expect(approvals.decide(DESKTOP, request(1).id, 'no')).rejects.toMatchObject({ code: 'not_found' });
    const there = createMemoryStorage({ disk: new MemoryDisk() });
    await there.claimWriter();
    await Delivery.open({
      ...{ mesh: desktop!, records: there.records, clock: time.clock, random: systemRandom, schedule: time.schedule },
      isMember: () => true,
      keep: () => Promise.resolve({ refused: 'gone' }),
    });
    await time.pass(10_000);
    await settled();
    await expect.poll(() => approvals.list()).toEqual([]);
    await delivery.close();
  });
});
