import { describe, expect, test } from 'vitest';
import type { Json } from '../../protocol/json';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { FramedStream } from '../framed';
import { settled, type TestTime } from '../testing/time';
import type { MemoryNode } from '../testkit';
import { two, type Member } from './testkit';
import { DELIVER, Hello } from './wire';

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

  test('that always knows more than was sent has the letters written anew once, and is asked with growing pauses', async () => {
    const { time, a, b } = await two();
    await b.delivery.close();
    const rows: Json[] = [];
    b.mesh.handle(DELIVER, async (stream) => {
      const framed = new FramedStream(stream, { schedule: time.schedule, ms: 60_000 });
      rows.push((await framed.needJson(Hello, 1_000)).row);
      await framed.sendJson({ last: Number.MAX_SAFE_INTEGER });
    });
    await a.delivery.send(b.mesh.self, 'note', 1);
    await time.pass(60_000);
    expect(a.delivery.waiting()).toHaveLength(1);
    expect([rows.length < 10, rows.length > 3, new Set(rows).size]).toEqual([true, true, 2]);
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
