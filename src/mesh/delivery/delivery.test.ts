import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../protocol/json';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { systemRandom } from '../../protocol/runtime';
import { createMemoryStorage, MemoryDisk } from '../../storage';
import { FramedStream } from '../framed';
import { settled, TestTime } from '../testing/time';
import { memoryMesh, type MemoryNode } from '../testkit';
import { Delivery } from './delivery';
import type { Keep } from './receiver';
import { DELIVER } from './wire';

/** A member whose storage outlives its process. */
class Member {
  readonly mesh: MemoryNode;
  readonly disk = new MemoryDisk();
  readonly got: Json[] = [];
  readonly ids: string[] = [];
  readonly outcomes: string[] = [];
  keep: Keep = async ({ id, body }) => {
    this.got.push(body);
    this.ids.push(id);
  };
  delivery!: Delivery;
  isMember = (_peer: string): boolean => true;
  readonly #time: TestTime;

  constructor(mesh: MemoryNode, time: TestTime) {
    this.mesh = mesh;
    this.#time = time;
  }

  async start(): Promise<this> {
    const storage = createMemoryStorage({ disk: this.disk });
    await storage.claimWriter();
    this.delivery = await Delivery.open({
      ...{ mesh: this.mesh, records: storage.records, random: systemRandom },
      ...{ clock: this.#time.clock, schedule: this.#time.schedule },
      isMember: (peer) => this.isMember(peer),
      keep: (message) => this.keep(message),
      onSettled: (_message, outcome) => this.outcomes.push(outcome.kind),
    });
    return this;
  }

  /** The process ends in the middle of whatever it did. */
  async kill(): Promise<void> {
    this.disk.life++;
    await this.delivery.close();
  }
}

async function two(): Promise<{ time: TestTime; a: Member; b: Member }> {
  const time = new TestTime();
  const [a, b] = memoryMesh(2).map((mesh) => new Member(mesh, time));
  return { time, a: await a!.start(), b: await b!.start() };
}

describe('acknowledged sends', () => {
  test('arrive once and in order, and leave nothing behind', async () => {
    const { a, b } = await two();
    for (let i = 0; i < 50; i++) await a.delivery.send(b.mesh.self, 'note', { i });
    await settled();
    expect(b.got).toEqual(Array.from({ length: 50 }, (_, i) => ({ i })));
    expect(a.outcomes).toEqual(Array(50).fill('delivered'));
    expect(a.delivery.waiting()).toEqual([]);
    expect([...a.disk.records.keys()].filter((key) => key.includes('/00000'))).toEqual([]);
    expect(a.mesh.net.streams.size).toBe(0);
  });

  test('wait for a member that is away, over a restart of the sender', async () => {
    const { time, a, b } = await two();
    a.mesh.net.leave(b.mesh.self);
    await a.delivery.send(b.mesh.self, 'note', 'one');
    await time.pass(10_000);
    await a.kill();
    await a.start();
    await a.delivery.send(b.mesh.self, 'note', 'two');
    await time.pass(3_600_000);
    expect(a.delivery.waiting()).toHaveLength(2);
    a.mesh.net.join(b.mesh.self);
    // At once, not when the pause of five minutes is over.
    await settled();
    expect(b.got).toEqual(['one', 'two']);
  });

  test('are given up after their time, and the sender is told', async () => {
    const { time, a, b } = await two();
    a.mesh.net.leave(b.mesh.self);
    await a.delivery.send(b.mesh.self, 'note', 'short', 60_000);
    await a.delivery.send(b.mesh.self, 'note', 'long');
    await time.pass(3_600_000);
    expect(a.outcomes).toEqual(['expired']);
    a.mesh.net.join(b.mesh.self);
    await settled();
    expect(b.got).toEqual(['long']);
  });

  test('a refusal ends one message and not the next; what cannot be kept now comes again, in order', async () => {
    const { time, a, b } = await two();
    let full = true;
    const keep = b.keep;
    b.keep = async (message) => {
      if (message.body === 'bad') return { refused: 'not wanted' };
      if (message.body === 'big' && full) throw new Error('disk full');
      return keep(message);
    };
    for (const body of ['bad', 'big', 'after']) await a.delivery.send(b.mesh.self, 'note', body);
    await time.pass(5_000);
    expect([a.outcomes, b.got]).toEqual([['refused'], []]);
    full = false;
    await time.pass(MESH_LIMITS.deliverRetryMaxMs);
    expect([a.outcomes, b.got]).toEqual([
      ['refused', 'delivered', 'delivered'],
      ['big', 'after'],
    ]);
  });

  test('a lost acknowledgement is no second message', async () => {
    const { time, a, b } = await two();
    const keep = b.keep;
    b.keep = async (message) => {
      await keep(message);
      // Kept, but the link breaks before the answer.
      if (b.got.length === 1) queueMicrotask(() => a.mesh.net.cut(a.mesh.self, b.mesh.self));
    };
    await a.delivery.send(b.mesh.self, 'note', 1);
    await a.delivery.send(b.mesh.self, 'note', 2);
    await time.pass(1);
    a.mesh.net.mend(a.mesh.self, b.mesh.self);
    await time.pass(10_000);
    expect(b.got).toEqual([1, 2]);
  });

  test('an old copy of the sender’s storage loses nothing that is sent after it', async () => {
    const { time, a, b } = await two();
    await a.delivery.send(b.mesh.self, 'note', 1);
    await settled();
    const copy = new Map(a.disk.records);
    for (const i of [2, 3]) await a.delivery.send(b.mesh.self, 'note', i);
    await settled();
    await a.kill();
    a.disk.records.clear();
    for (const [key, text] of copy) a.disk.records.set(key, text);
    await a.start();
    await a.delivery.send(b.mesh.self, 'note', 'after the restore');
    await time.pass(10_000);
    expect(b.got).toEqual([1, 2, 3, 'after the restore']);
  });

  test('bounds: too long, too many, no member', async () => {
    const { a, b } = await two();
    a.mesh.net.leave(b.mesh.self);
    const send = (body: Json) => a.delivery.send(b.mesh.self, 'note', body);
    await expect(send('x'.repeat(MESH_LIMITS.deliverBytes))).rejects.toMatchObject({ code: 'frame_too_long' });
    for (let i = 0; i < MESH_LIMITS.outboxEach; i++) await send(i);
    await expect(send('one more')).rejects.toMatchObject({ code: 'overloaded' });
    a.isMember = () => false;
    await expect(send('x')).rejects.toMatchObject({ code: 'not_a_member' });
    await a.delivery.forget(b.mesh.self);
    expect([a.delivery.waiting(), [...a.disk.records.keys()]]).toEqual([[], []]);
  });

  test('crashes, cuts and full disks at any time: everything arrives, in order, and only a crash makes any come twice', async () => {
    type Step = 'send' | 'cut' | 'mend' | 'kill a' | 'kill b' | 'fail b' | 'time';
    const steps = fc.array(
      fc.constantFrom<Step>('send', 'send', 'send', 'cut', 'mend', 'kill a', 'kill b', 'fail b', 'time'),
      { maxLength: 25 },
    );
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 9 }), async (plan, ticks) => {
        const { time, a, b } = await two();
        const net = a.mesh.net;
        const keep = b.keep;
        let failing = 0;
        b.keep = async (message) => {
          if (failing-- > 0) throw new Error('disk full');
          return keep(message);
        };
        let sent = 0;
        let crashes = 0;
        for (const step of plan) {
          if (step === 'send') await a.delivery.send(b.mesh.self, 'note', sent++);
          if (step === 'cut') net.cut(a.mesh.self, b.mesh.self);
          if (step === 'mend') net.mend(a.mesh.self, b.mesh.self);
          if (step === 'fail b') failing = 2;
          if (step === 'time') await time.pass(1_500);
          if (step === 'kill a') await a.kill().then(() => a.start());
          if (step === 'kill b') {
            crashes++;
            await b.kill().then(() => b.start());
          }
          // Some of what is under way goes on before the next thing happens, and some does not.
          for (let i = 0; i < ticks; i++) await Promise.resolve();
        }
        net.mend(a.mesh.self, b.mesh.self);
        await time.pass(2 * MESH_LIMITS.deliverRetryMaxMs);
        const once = b.got.filter((body, i) => b.got.indexOf(body) === i);
        expect(once).toEqual(Array.from({ length: sent }, (_, i) => i));
        expect(b.got.length - once.length).toBeLessThanOrEqual(crashes);
        expect(new Set(b.ids).size).toBe(sent);
        expect(a.delivery.waiting()).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a hostile peer', () => {
  async function opened(b: Member, from: MemoryNode, time: TestTime): Promise<FramedStream> {
    return new FramedStream(await from.open(b.mesh.self, DELIVER), { schedule: time.schedule, ms: 60_000 });
  }
  const ROW = 'ab'.repeat(16);

  test('that is no member is not listened to', async () => {
    const { time, a, b } = await two();
    b.isMember = () => false;
    const framed = await opened(b, a.mesh, time);
    await expect(framed.next(10)).rejects.toMatchObject({ code: 'stream_reset' });
  });

  test('that sends what is no message is reset, and others are served', async () => {
    const { time, a, b } = await two();
    const bad = [
      (f: FramedStream) => f.sendJson({ v: 2, row: ROW }),
      (f: FramedStream) => f.sendJson({ v: 1, row: ROW, more: 1 }),
      (f: FramedStream) => f.send(new Uint8Array(2_000)),
      (f: FramedStream) => f.stream.write(Uint8Array.of(0xff, 0xff, 0xff, 0xff)),
      async (f: FramedStream) => {
        await f.sendJson({ v: 1, row: ROW });
        await f.sendJson({ number: 0, id: ROW, kind: 'note', body: 1 });
      },
      async (f: FramedStream) => {
        await f.sendJson({ v: 1, row: ROW });
        await f.stream.write(Uint8Array.of(9, 0, 0, 0, 1));
        await f.stream.close();
      },
    ];
    for (const act of bad) {
      const framed = await opened(b, a.mesh, time);
      await act(framed);
      const drained = async () => {
        while (await framed.next(1_000));
      };
      await expect(drained()).rejects.toMatchObject({ code: 'stream_reset' });
    }
    await a.delivery.send(b.mesh.self, 'note', 'good');
    await settled();
    expect(b.got).toEqual(['good']);
  });

  test('that says nothing, or reads nothing, loses its stream when its time is over', async () => {
    const { time, a, b } = await two();
    await opened(b, a.mesh, time);
    await time.pass(MESH_LIMITS.deliverMs);
    expect(a.mesh.net.streams.size).toBe(0);
    // One that never answers, asked by us.
    await b.delivery.close();
    b.mesh.handle(DELIVER, () => undefined);
    await a.delivery.send(b.mesh.self, 'note', 1);
    await time.pass(MESH_LIMITS.deliverMs + 500);
    expect([a.mesh.net.streams.size, a.delivery.waiting().length]).toEqual([0, 1]);
  });

  test('that acknowledges what was not sent, or the wrong one, is not believed', async () => {
    const { time, a, b } = await two();
    await b.delivery.close();
    let asked = 0;
    b.mesh.handle(DELIVER, async (stream) => {
      const framed = new FramedStream(stream, { schedule: time.schedule, ms: 60_000 });
      asked++;
      await framed.next(1_000);
      await framed.sendJson({ last: 0 });
      await framed.next(1_000);
      await framed.sendJson({ number: 7, outcome: 'kept' });
    });
    await a.delivery.send(b.mesh.self, 'note', 1);
    await time.pass(60_000);
    expect(a.delivery.waiting()).toHaveLength(1);
    // It was tried again with growing pauses, not in a loop.
    expect(asked).toBeGreaterThan(3);
    expect(asked).toBeLessThan(9);
  });

  test('a flood of streams: one peer has two, the older of which ends', async () => {
    const { time, a, b } = await two();
    for (let i = 0; i < 50; i++) await opened(b, a.mesh, time);
    await settled();
    expect(a.mesh.net.streams.size).toBeLessThanOrEqual(4);
    await time.pass(MESH_LIMITS.deliverMs + 1);
    await a.delivery.send(b.mesh.self, 'note', 'still there');
    await time.pass(5_000);
    expect(b.got).toEqual(['still there']);
  });
});
