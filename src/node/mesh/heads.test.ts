import { afterEach, describe, expect, test } from 'vitest';
import { publicKeyOf, sha256, sha256Hex, signerFromSeed, utf8 } from '../../crypto';
import type { Checkpoint } from '../../audit';
import type { Mesh, RelayedMesh } from '../../mesh';
import { settled, TestTime } from '../../mesh/testing/time';
import { memoryMesh, testSeed } from '../../mesh/testkit';
import { Topics } from '../../mesh/topics';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { systemRandom } from '../../protocol/runtime';
import { formatRegistration, Witness } from '../../witness';
import { memoryStore, TestLog } from '../../witness/testkit';
import { call } from '../testkit';
import { Heads } from './heads';
import { Talk } from './talk';
import { KeyedNets, memberNode, pair, type Member } from './testkit';
import type { MeshRealm } from './types';

const KEY = sha256(utf8('topic key'));
const originOf = (i: number, log = '00000001'): string =>
  `sovereign-node/${sha256Hex(publicKeyOf(testSeed(i))).slice(0, 16)}/${log}`;
const leaves = (name: string): string[] =>
  Array.from({ length: 20 }, (_, i) => (i < 3 ? `entry ${i}` : `${name} ${i}`));

/** One who listens, and others who say what the test says. */
async function listener() {
  const time = new TestTime();
  const [mesh, ...others] = memoryMesh(3);
  const topicsOn = (on: Mesh) =>
    new Topics({ mesh: on, epoch: 1, key: KEY, clock: time.clock, random: systemRandom, isMember: () => true });
  const own = await signerFromSeed(testSeed(0));
  const disk = new Map<string, string>();
  const openWitness = () =>
    new Witness({
      ...{ name: 'w.example', signer: own, clock: time.clock, store: memoryStore(disk), logs: [], open: true },
    });
  const witness = openWitness();
  const logKey = await signerFromSeed(testSeed(9));
  const node = await signerFromSeed(testSeed(1));
  const log = new TestLog(originOf(1), logKey, leaves('a'));
  await witness.addLog(utf8(await formatRegistration(originOf(1), logKey.publicKey, node)));
  let changes = 0;
  const mine: Checkpoint = { origin: 'o', size: 1, root: '', note: 'mine' };
  const openHeads = (by: Witness) =>
    new Heads({
      ...{ mesh: mesh!, topics: topicsOn(mesh!), witness: by, schedule: time.schedule },
      log: { lastCheckpoint: mine, onCheckpoint: () => () => undefined },
      changed: () => changes++,
    });
  const heads = openHeads(witness);
  /** As after a restart: what the witness keeps, and nothing heard. */
  const reopened = () => {
    const again = openHeads(openWitness());
    const open = { mesh: mesh!, book: undefined as never, isMember: () => true };
    return {
      heads: again,
      talk: new Talk(open, { schedule: time.schedule, storage: undefined as never, heads: again }),
    };
  };
  const mouths = others.map(topicsOn);
  const say = async (text: string, who = 0): Promise<void> => {
    await mouths[who]!.publish('heads', utf8(text));
  };
  return {
    time,
    heads,
    reopened,
    witness,
    log,
    logKey,
    say,
    mouths,
    peers: others.map(({ self }) => self),
    changes: () => changes,
  };
}

describe('heads of logs', () => {
  test('a member’s newest head is shown, and an older one afterwards changes nothing', async () => {
    const { heads, log, say, peers, time } = await listener();
    for (const size of [3, 7, 5]) await say(await log.note(size));
    await expect.poll(() => heads.of(peers[0]!)?.size).toBe(7);
    expect(heads.of(peers[0]!)).toEqual({ size: 7, at: new Date(time.now).toISOString(), forked: false });
    expect(heads.of(peers[1]!)).toBeNull();
  });

  test('a head that came before its log was known is believed as soon as it is', async () => {
    const { heads, witness, logKey, say, peers } = await listener();
    const log = new TestLog(originOf(2), logKey, leaves('a'));
    await say(await log.note(5), 1);
    await settled();
    expect(heads.of(peers[1]!)).toBeNull();
    const node = await signerFromSeed(testSeed(2));
    await witness.addLog(utf8(await formatRegistration(originOf(2), logKey.publicKey, node)));
    heads.reconsider();
    await expect.poll(() => heads.of(peers[1]!)?.size).toBe(5);
  });

  test('two heads of one size that differ are kept as evidence', async () => {
    const { heads, witness, log, logKey, say, peers } = await listener();
    await witness.addCheckpoint(await log.request(0, 5));
    await say(await log.note(5));
    await expect.poll(() => heads.of(peers[0]!)?.forked).toBe(false);
    const other = new TestLog(originOf(1), logKey, leaves('b'));
    await say(await other.note(5));
    await expect.poll(() => heads.of(peers[0]!)?.forked).toBe(true);
    expect(witness.forks()).toMatchObject([{ held: await log.note(5), offered: await other.note(5) }]);
  });

  const wanted = (member: string) =>
    ({ member, skill: 'x', moduleSha256: 'a'.repeat(64), inputSha256: 'b'.repeat(64) }) as never;

  test('a member that showed two histories is not asked after a restart either, before it says a word', async () => {
    const { reopened, witness, log, logKey, peers } = await listener();
    await witness.addCheckpoint(await log.request(0, 5));
    const other = new TestLog(originOf(1), logKey, leaves('b'));
    await witness.addCheckpoint(await other.request(5, 5));
    const { talk } = reopened();
    await expect(talk.delegate(wanted(peers[0]!), {} as never)).rejects.toMatchObject({ code: 'digest_mismatch' });
  });

  test('a proof that does not hold, which anyone may have sent, accuses nobody', async () => {
    const { reopened, witness, log, peers } = await listener();
    await witness.addCheckpoint(await log.request(0, 4));
    expect((await witness.addCheckpoint(await log.request(4, 8, [new Uint8Array(32)]))).status).toBe(422);
    expect(witness.forks()).toMatchObject([{ proven: false }]);
    expect(reopened().heads.isForked(peers[0]!)).toBe(false);
  });

  test('the head that was cosigned is known after a restart; of several logs, once the member says which', async () => {
    const { reopened, witness, log, logKey, say, peers } = await listener();
    await witness.addCheckpoint(await log.request(0, 5));
    expect(reopened().heads.cosigned(peers[0]!)).toMatchObject({ size: 5 });
    expect(reopened().heads.cosigned(peers[1]!)).toBeUndefined();
    const second = new TestLog(originOf(1, '00000002'), logKey, leaves('b'));
    const node = await signerFromSeed(testSeed(1));
    await witness.addLog(utf8(await formatRegistration(second.origin, logKey.publicKey, node)));
    await witness.addCheckpoint(await second.request(0, 3));
    const { heads } = reopened();
    expect(() => heads.cosigned(peers[0]!)).toThrow(expect.objectContaining({ code: 'unreachable' }) as Error);
    await say(await second.note(3));
    await expect.poll(() => heads.of(peers[0]!)?.size).toBe(3);
    expect(heads.cosigned(peers[0]!)).toMatchObject({ size: 3 });
  });

  test.each([
    ['of another member’s log', 1, (log: TestLog) => log.note(5)],
    [
      'that another key signed',
      0,
      async () => new TestLog(originOf(1), await signerFromSeed(testSeed(8)), leaves('a')).note(5),
    ],
    [
      'of a log that the witness does not know',
      0,
      (_: TestLog, key: Awaited<ReturnType<typeof signerFromSeed>>) =>
        new TestLog(originOf(1, '00000002'), key, leaves('a')).note(5),
    ],
    ['that is no note', 0, () => Promise.resolve('what?')],
  ])('a head %s is not believed', async (_, who, make) => {
    const { heads, log, logKey, say, peers, changes } = await listener();
    await say(await make(log, logKey), who);
    await say(await log.note(3));
    await expect.poll(() => heads.of(peers[0]!)?.size).toBe(3);
    expect([heads.of(peers[1]!), changes()]).toEqual([null, 1]);
  });

  test('who is heard for the first time is told ours; then it is said every minute', async () => {
    const { heads, log, say, mouths, time } = await listener();
    const heard: number[] = [];
    mouths[1]!.subscribe('heads', ({ from }) => void heard.push(from.length));
    await time.pass(MESH_LIMITS.headMs);
    const before = heard.length;
    await say(await log.note(3));
    await time.pass(MESH_LIMITS.headMs);
    await expect.poll(() => heard.length).toBeGreaterThan(before + 1);
    const then = heard.length;
    await time.pass(MESH_LIMITS.headBeatMs);
    await expect.poll(() => heard.length).toBeGreaterThan(then);
    heads.stop();
    const last = heard.length;
    await time.pass(2 * MESH_LIMITS.headBeatMs);
    expect(heard.length).toBe(last);
  });
});

describe('among nodes', () => {
  const running: Member[] = [];
  afterEach(async () => {
    for (const { node } of running.splice(0)) await node.stop();
  });

  test('each sees how far the other’s log is; who floods the topic is dropped, and the log says why', async () => {
    const nets = new KeyedNets();
    let hostile: RelayedMesh | undefined;
    const topics: string[] = [];
    const honest = nets.realm();
    const open: MeshRealm['open'] = async (options) => {
      hostile = await honest.open(options);
      const subscribe = hostile.subscribe.bind(hostile);
      return Object.assign(hostile, {
        subscribe: (topic, ...rest) => {
          topics.push(topic);
          return subscribe(topic, ...rest);
        },
      } satisfies Pick<RelayedMesh, 'subscribe'>);
    };
    const a = await memberNode(nets);
    const b = await memberNode(nets, undefined, { mesh: { direct: true, open } });
    running.push(a, b);
    await call(a.node, 'CreateMesh', { name: 'Desktop', relays: [] });
    await pair(a, b, 'Phone');
    const seen = (view: Awaited<ReturnType<Member['view']>>) => view.members.find(({ self }) => !self)?.head;
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      await expect.poll(async () => (await call(one.node, 'Witnesses')).witnesses.length).toBe(1);
      await call(one.node, 'AskWitnesses');
      await call(one.node, 'MakeCheckpoint');
      const view = await other.until((now) => (seen(now)?.size ?? 0) > 0);
      expect(seen(view)).toMatchObject({ forked: false });
      expect(view.members.find(({ self }) => self)!.head).toBeNull();
    }
    const { peer } = (await b.view()).self!;
    for (let i = 0; i < MESH_LIMITS.topicOffences + 1; i++) await hostile!.publish(topics.at(-1), new Uint8Array(100));
    const dropped = () => call(a.node, 'ListEntries', { limit: 5, filter: { type: 'MESH_PEER_DROPPED' } });
    await expect.poll(async () => (await dropped()).entries.length).toBe(1);
    expect((await dropped()).entries[0]!.entry).toMatchObject({
      severity: 'WARNING',
      data: { peer, reason: 'it sent what is no message on a topic' },
    });
  });
});
