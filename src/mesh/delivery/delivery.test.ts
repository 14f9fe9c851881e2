import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../protocol/json';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { settled } from '../testing/time';
import { two } from './testkit';

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

  describe('an old copy of the sender’s storage', () => {
    /** Two kept by `b`; put back is the copy that was made when the first was, and the one before waited if `isAway`. */
    async function restored({ isAway }: { isAway: boolean }) {
      const { time, a, b } = await two();
      const send = (body: Json) => a.delivery.send(b.mesh.self, 'note', body);
      await send(1);
      await settled();
      if (isAway) a.mesh.net.leave(b.mesh.self);
      if (isAway) await send(2);
      const copy = new Map(a.disk.records);
      if (isAway) a.mesh.net.join(b.mesh.self);
      for (const i of isAway ? [3, 4] : [2, 3, 4]) await send(i);
      await time.pass(10_000);
      await a.kill();
      a.disk.records.clear();
      for (const [key, text] of copy) a.disk.records.set(key, text);
      a.mesh.net.leave(b.mesh.self);
      await a.start();
      return { time, a, b, send };
    }
    const after = ['after 1', 'after 2', 'after 3', 'after 4'];

    test.each([1, 2, 3, 4])('loses none of %i sent after it, before the two are in touch again', async (count) => {
      const { time, a, b, send } = await restored({ isAway: false });
      for (const body of after.slice(0, count)) await send(body);
      a.mesh.net.join(b.mesh.self);
      await time.pass(10_000);
      expect(b.got).toEqual([1, 2, 3, 4, ...after.slice(0, count)]);
    });

    test('loses none over restarts without a contact in between', async () => {
      const { time, a, b, send } = await restored({ isAway: false });
      for (const body of after) {
        await send(body);
        await a.kill();
        await a.start();
      }
      a.mesh.net.join(b.mesh.self);
      await time.pass(10_000);
      expect(b.got).toEqual([1, 2, 3, 4, ...after]);
    });

    test('sends again what waited when it was made, under the same id, and loses nothing', async () => {
      const { time, a, b, send } = await restored({ isAway: true });
      for (const body of after) await send(body);
      a.mesh.net.join(b.mesh.self);
      await time.pass(10_000);
      expect(b.got).toEqual([1, 2, 3, 4, 2, ...after]);
      expect(new Set(b.ids).size).toBe(8);
      expect(a.delivery.waiting()).toEqual([]);
    });
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
