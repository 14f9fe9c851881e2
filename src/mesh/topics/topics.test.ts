import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromUtf8, sha256, utf8 } from '../../crypto';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { systemRandom } from '../../protocol/runtime';
import { settled, TestTime } from '../testing/time';
import { memoryMesh, type MemoryNode } from '../testkit';
import { EpochKeys, SEAL_BYTES } from './keys';
import { MOST_PLAIN, stamped, TopicJudge } from './judge';
import { ReplayGuard } from './replay';
import { Topics } from './topics';

const KEY = sha256(utf8('mesh key'));
const NEXT_KEY = sha256(utf8('next mesh key'));

/** Members on one mesh; the last `strangers` hold the key and are no members. */
function members(count: number, strangers = 0) {
  const time = new TestTime();
  const nodes = memoryMesh(count);
  const known = new Set(nodes.slice(0, count - strangers).map(({ self }) => self));
  const dropped: string[] = [];
  const topics = nodes.map(
    (mesh) =>
      new Topics({
        ...{ mesh, epoch: 3, key: KEY, clock: time.clock, random: systemRandom },
        isMember: (peer) => known.has(peer),
        onDropped: (peer, reason) => dropped.push(`${nodes.findIndex((n) => n.self === peer)}: ${reason}`),
      }),
  );
  const heard: string[][] = topics.map((each) => {
    const list: string[] = [];
    each.subscribe('chat', ({ from, bytes }) => {
      list.push(`${nodes.findIndex((n) => n.self === from)} ${fromUtf8(bytes)}`);
    });
    return list;
  });
  return { time, nodes, topics, heard, known, dropped };
}

/** What the mesh itself sees of everything that is said. */
function overhear(node: MemoryNode): { topic: string; bytes: Uint8Array }[] {
  const seen: { topic: string; bytes: Uint8Array }[] = [];
  const publish = node.publish.bind(node);
  node.publish = (topic, bytes) => {
    seen.push({ topic, bytes });
    return publish(topic, bytes);
  };
  return seen;
}

describe('topics', () => {
  test('members hear each other; the mesh sees neither names nor words', async () => {
    const { nodes, topics, heard } = members(3);
    const seen = overhear(nodes[0]!);
    expect(await topics[0]!.publish('chat', utf8('hello'))).toBe(2);
    await settled();
    expect(heard).toEqual([[], ['0 hello'], ['0 hello']]);
    expect(seen[0]!.topic).toBe(new EpochKeys(3, KEY).topic('chat'));
    expect(Buffer.from(seen[0]!.bytes).includes('hello')).toBe(false);
    await topics[0]!.publish('chat', utf8('hello'));
    expect(seen[1]!.bytes.length).toBe(seen[0]!.bytes.length);
    expect(seen[1]!.bytes).not.toEqual(seen[0]!.bytes);
  });

  test('what was sealed opens again, and nothing else does', () => {
    const keys = new EpochKeys(7, KEY);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.uint8Array({ minLength: 24, maxLength: 24 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (plain, nonce, at, flip) => {
          const sealed = keys.seal('t', 'peer', plain, nonce);
          expect(keys.open('t', 'peer', sealed)).toEqual(plain);
          expect(keys.open('u', 'peer', sealed)).toBeUndefined();
          expect(keys.open('t', 'another', sealed)).toBeUndefined();
          expect(new EpochKeys(7, NEXT_KEY).open('t', 'peer', sealed)).toBeUndefined();
          const changed = sealed.slice();
          changed[at % changed.length]! ^= flip;
          expect(keys.open('t', 'peer', changed)).toBeUndefined();
          expect(keys.open('t', 'peer', sealed.subarray(0, at % sealed.length))).toBeUndefined();
        },
      ),
    );
  });

  test('any bytes at all are judged, and never accepted', () => {
    const judge = new TopicJudge(() => true);
    const keys = new EpochKeys(0, KEY);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.boolean(), (bytes, versioned) => {
        if (versioned && bytes.length > 4) bytes.set([1, 0, 0, 0, 0]);
        expect(judge.judge(keys, 't', 'peer', bytes, 0).judgement).not.toBe('accept');
      }),
    );
  });

  test('a message that comes again is not heard again, also under another sender', async () => {
    const { nodes, topics, heard, time } = members(3);
    const seen = overhear(nodes[0]!);
    await topics[0]!.publish('chat', utf8('once'));
    await time.pass(0);
    const { topic, bytes } = seen[0]!;
    expect(nodes[1]!.receive(topic, { from: nodes[0]!.self, bytes })).toEqual(['ignore']);
    // Another member signs it as its own: that is an offence of its own.
    expect(nodes[1]!.receive(topic, { from: nodes[2]!.self, bytes })).toEqual(['reject']);
    await time.pass(MESH_LIMITS.topicClockMs + 1);
    expect(nodes[2]!.receive(topic, { from: nodes[0]!.self, bytes })).toEqual(['ignore']);
    await settled();
    expect(heard[1]).toEqual(['0 once']);
  });

  test('the window takes every number once, in any order within it', () => {
    const order = fc.array(fc.integer({ min: 1, max: 3_000 }), { maxLength: 300 });
    fc.assert(
      fc.property(order, (numbers) => {
        const guard = new ReplayGuard();
        const taken = new Set<number>();
        let highest = 0;
        for (const number of numbers) {
          const expected = !taken.has(number) && number > highest - MESH_LIMITS.topicWindow;
          expect(guard.take(1, number)).toBe(expected);
          if (expected) taken.add(number);
          highest = Math.max(highest, number);
        }
      }),
    );
  });

  test('lives of a sender: an old one is not heard when too many came after it', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 3 }))), (said) => {
        const guard = new ReplayGuard();
        const taken = new Set<string>();
        for (const [began, number] of said) {
          const key = `${began} ${number}`;
          if (guard.take(began, number)) {
            expect(taken.has(key)).toBe(false);
            taken.add(key);
          }
        }
      }),
    );
  });

  test('a stranger with the key is not heard', async () => {
    const { topics, heard, nodes } = members(3, 1);
    await topics[2]!.publish('chat', utf8('let me in'));
    await settled();
    expect(heard[0]).toEqual([]);
    expect(nodes[0]!.judged).toEqual(['ignore']);
  });

  test('a member that sends rubbish is dropped, with the reason', async () => {
    const { nodes, topics, heard, dropped } = members(3);
    const topic = new EpochKeys(3, KEY).topic('chat');
    for (let i = 0; i < 5; i++) await nodes[2]!.publish(topic, new Uint8Array(SEAL_BYTES + 30).fill(i));
    await settled();
    expect(nodes[0]!.dropped.get(nodes[2]!.self)).toBe('it sent what is no message on a topic');
    expect(dropped.filter((line) => line.startsWith('2:')).length).toBe(2);
    await topics[2]!.publish('chat', utf8('and now?'));
    await topics[1]!.publish('chat', utf8('we go on'));
    await settled();
    expect(heard[0]).toEqual(['1 we go on']);
  });

  test('offences that lie far apart are forgotten', async () => {
    const { nodes, time, dropped } = members(2);
    const topic = new EpochKeys(3, KEY).topic('chat');
    for (let i = 0; i < 20; i++) {
      await nodes[1]!.publish(topic, new Uint8Array(3));
      await time.pass(2 * MESH_LIMITS.topicForgetMs);
    }
    expect(nodes[0]!.judged).toEqual(Array(20).fill('reject'));
    expect(dropped).toEqual([]);
  });

  test('a flood is cut off, and its sender dropped', async () => {
    const { nodes, topics, heard, dropped } = members(2);
    const burst = MESH_LIMITS.topicMessagesPerSecond * MESH_LIMITS.topicBurstSeconds;
    for (let i = 0; i < burst + 150; i++) await topics[1]!.publish('chat', utf8('x'));
    await settled();
    expect(heard[0]).toHaveLength(burst);
    expect(nodes[0]!.judged.filter((j) => j === 'ignore').length).toBe(MESH_LIMITS.topicOffences);
    expect(dropped).toEqual(['1: it sent more messages than one member may on a topic']);
  });

  test('a message over the limit is neither sent nor taken', async () => {
    const { nodes, topics, time } = members(2);
    await expect(topics[0]!.publish('chat', new Uint8Array(MOST_PLAIN + 1))).rejects.toMatchObject({
      code: 'frame_too_long',
    });
    expect(await topics[0]!.publish('chat', new Uint8Array(MOST_PLAIN))).toBe(1);
    const keys = new EpochKeys(3, KEY);
    const topic = keys.topic('chat');
    const stamp = { began: time.now, number: 1, sent: time.now };
    const long = keys.seal(topic, nodes[0]!.self, stamped(stamp, new Uint8Array(MOST_PLAIN + 1)), new Uint8Array(24));
    await nodes[0]!.publish(topic, long);
    expect(nodes[1]!.judged).toEqual(['accept', 'reject']);
  });

  test('under the keys of two epochs nobody hears the other, and who is no member is not heard', async () => {
    const { nodes, topics, heard, known, time } = members(3);
    known.delete(nodes[2]!.self);
    topics[0]!.close();
    const later = new Topics({
      ...{ mesh: nodes[0]!, isMember: (peer) => known.has(peer), clock: time.clock, random: systemRandom },
      ...{ epoch: 4, key: NEXT_KEY },
    });
    const news: string[] = [];
    later.subscribe('chat', ({ bytes }) => news.push(fromUtf8(bytes)));
    expect(await later.publish('chat', utf8('new'))).toBe(0);
    await topics[1]!.publish('chat', utf8('old'));
    await topics[2]!.publish('chat', utf8('removed'));
    await settled();
    expect([news, heard[1]]).toEqual([[], []]);
    expect(nodes[0]!.topics()).toEqual([new EpochKeys(4, NEXT_KEY).topic('chat')]);
  });

  test('who listens and fails harms nobody, and who stopped hears nothing', async () => {
    const { nodes, topics, heard } = members(2);
    let failures = 0;
    const stop = topics[1]!.subscribe('chat', () => {
      failures++;
      throw new Error('mine');
    });
    await topics[0]!.publish('chat', utf8('a'));
    await settled();
    stop();
    await topics[0]!.publish('chat', utf8('b'));
    await settled();
    expect([heard[1], failures]).toEqual([['0 a', '0 b'], 1]);
    topics[1]!.close();
    expect(nodes[1]!.topics()).toEqual([]);
    expect(await topics[0]!.publish('chat', utf8('c'))).toBe(0);
  });
});
