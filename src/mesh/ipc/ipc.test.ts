import { describe, expect, test } from 'vitest';
import { concat, utf8 } from '../../crypto';
import { SovereignError } from '../../protocol/errors';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { WireRequest, WireResponse } from '../../protocol/messages';
import { encodeFrame, readFrames } from '../frames';
import { memoryMesh } from '../testkit';
import { IpcClient, IPC_PROTOCOL, serveIpc, type Ask } from '.';

const never = () => () => undefined;

/** Timers that fire when the test says so. */
function timers() {
  const set = new Map<object, { task: () => void; ms: number }>();
  return {
    schedule: (task: () => void, ms: number) => {
      const key = {};
      set.set(key, { task, ms });
      return () => void set.delete(key);
    },
    fire: (ms: number) => [...set.values()].filter((t) => t.ms === ms).forEach(({ task }) => task()),
    waits: () => [...set.values()].map(({ ms }) => ms),
  };
}

function served(ask: Ask, admit: (peer: string) => Promise<Ask> = async () => ask, clock = timers()) {
  const [here, there] = memoryMesh(2, { pieceBytes: 7 });
  const stop = serveIpc(there!, admit, clock.schedule);
  const open = () => here!.open(there!.self, IPC_PROTOCOL);
  const client = (schedule: typeof clock.schedule = never) => new IpcClient({ connect: open, schedule });
  return { here: here!, there: there!, stop, open, client, clock };
}

const echo: Ask = async (request): Promise<WireResponse> => (request === 'Ping' ? 'Pong' : { Ok: request as never });
const bytesOf = async (stream: { incoming: AsyncIterable<Uint8Array> }) => {
  const found: unknown[] = [];
  for await (const frame of readFrames(stream.incoming)) found.push('value' in frame ? frame.value : frame.error.code);
  return found;
};
/** Resolves once everything that only waits for promises has happened. */
const settled = async () => {
  for (let i = 0; i < 200; i++) await Promise.resolve();
};

describe('a call over a stream to a member', () => {
  test('comes back with the node’s answer, or its own code and advice', async () => {
    const ask: Ask = async (request) =>
      request === 'Ping' ? 'Pong' : { Error: { code: 'not_built', message: 'Not here.', advice: 'Wait.' } };
    const { client } = served(ask);
    expect(await client().call('Ping')).toBe('Pong');
    await expect(client().call('MeshPeers')).rejects.toMatchObject({ code: 'not_built', advice: 'Wait.' });
  });

  test('many at once open as many streams as one peer may, and each gets its own answer', async () => {
    let most = 0;
    let now = 0;
    const ask: Ask = async (request) => {
      most = Math.max(most, ++now);
      await settled();
      now--;
      return { Ok: request as never };
    };
    const { client, there } = served(ask);
    const one = client();
    const seqs = Array.from({ length: 100 }, (_, seq) => seq);
    const answers = await Promise.all(seqs.map((seq) => one.call('GetEntry', { seq })));
    expect(answers).toEqual(seqs.map((seq) => ({ GetEntry: { seq } })));
    expect(most).toBe(MESH_LIMITS.ipcStreamsPerPeer);
    one.close();
    await settled();
    expect(there.net.streams.size).toBe(0);
  });

  test('an answer of many frames arrives whole, pairs of surrogates included', async () => {
    const text = '"\\😀ä'.repeat(60_000);
    const { client } = served(async () => ({ Ok: { text } }));
    expect(await client().request('ListSkills')).toEqual({ Ok: { text } });
  });

  test('an answer longer than any is an error that says so', async () => {
    const { client } = served(async () => ({ Ok: 'x'.repeat(MESH_LIMITS.answerBytes) }));
    expect(await client().request('ListSkills')).toMatchObject({ Error: { code: 'frame_too_long' } });
  });

  test('whoever may not ask is told why, and nothing is asked for him', async () => {
    const asked: WireRequest[] = [];
    const { client } = served(
      async (request) => (asked.push(request), 'Pong'),
      () => Promise.reject(new SovereignError('refused', 'This device may not control this node.')),
    );
    await expect(client().call('Ping')).rejects.toMatchObject({ code: 'refused' });
    expect(asked).toEqual([]);
  });

  test('a request that is longer than a frame is refused here; the node hears nothing of it', async () => {
    const { client } = served(echo);
    const one = client();
    await expect(one.call('RunWasm', { path: 'a', input: 'x'.repeat(70_000) })).rejects.toMatchObject({
      code: 'frame_too_long',
    });
    expect(await one.call('Ping')).toBe('Pong');
  });

  test('no answer in time is a timeout, and the next call takes another stream', async () => {
    let mute = true;
    const { client, clock } = served((request) => (mute ? new Promise(() => undefined) : echo(request)));
    const one = client(clock.schedule);
    const call = one.call('GetIdentity');
    await settled();
    clock.fire(MESH_LIMITS.callMs);
    await expect(call).rejects.toMatchObject({ code: 'timeout' });
    mute = false;
    expect(await one.call('Ping')).toBe('Pong');
  });

  test('a link that is cut under a call is an error at once, and calls go on once it is mended', async () => {
    const { client, here, there } = served((request) =>
      request === 'Ping' ? echo(request) : new Promise(() => undefined),
    );
    const one = client();
    const call = one.call('GetIdentity');
    await settled();
    here.net.cut(here.self, there.self);
    await expect(call).rejects.toMatchObject({ code: 'stream_reset' });
    await expect(one.call('Ping')).rejects.toMatchObject({ code: 'unreachable' });
    here.net.mend(here.self, there.self);
    expect(await one.call('Ping')).toBe('Pong');
  });
});

describe('the streams that a caller keeps', () => {
  test('one that ended while nobody asked is not asked again', async () => {
    const { client, here, there } = served(echo);
    const one = client();
    expect(await one.call('Ping')).toBe('Pong');
    here.net.cut(here.self, there.self);
    here.net.mend(here.self, there.self);
    await settled();
    expect(await one.call('Ping')).toBe('Pong');
    expect(there.net.streams.size).toBe(2);
  });

  const patiently = (asked: string[] = []): Ask => {
    return (request) => {
      asked.push(typeof request === 'string' ? request : Object.keys(request)[0]!);
      return request === 'Ping' ? echo(request) : new Promise(() => undefined);
    };
  };

  test('requests that wait for a person leave one to what answers them', async () => {
    const asked: string[] = [];
    const { client, clock } = served(patiently(asked));
    const one = client(clock.schedule);
    const many = Array.from({ length: 2 * MESH_LIMITS.ipcStreamsPerPeer }, () =>
      one.call('RotateKey', { purpose: 'governance' }).catch((error: unknown) => (error as SovereignError).code),
    );
    await settled();
    expect(asked.length).toBe(MESH_LIMITS.ipcStreamsPerPeer - 1);
    expect(await one.call('Ping')).toBe('Pong');
    // They wait for as long as it takes.
    clock.fire(MESH_LIMITS.callMs);
    await settled();
    expect(asked.length).toBe(MESH_LIMITS.ipcStreamsPerPeer);
    one.close();
    expect(new Set(await Promise.all(many))).toEqual(new Set(['stream_reset']));
  });

  test('whoever leaves makes room for the next', async () => {
    const asked: string[] = [];
    const { client } = served(patiently(asked));
    const one = client();
    const leave = new AbortController();
    const rotate = { RotateKey: { purpose: 'governance' } } as const;
    const left = Array.from({ length: MESH_LIMITS.ipcStreamsPerPeer - 1 }, () =>
      one.request(rotate, leave.signal).catch((error: unknown) => (error as SovereignError).code),
    );
    await settled();
    void one.request(rotate).catch(() => undefined);
    await settled();
    expect(asked.length).toBe(MESH_LIMITS.ipcStreamsPerPeer - 1);
    leave.abort();
    expect(new Set(await Promise.all(left))).toEqual(new Set(['stream_reset']));
    await settled();
    expect(asked.length).toBe(MESH_LIMITS.ipcStreamsPerPeer);
    one.close();
  });
});

describe('a stream of a hostile peer', () => {
  test('what is no JSON and no request is answered, and the stream goes on', async () => {
    const { open } = served(echo);
    const stream = await open();
    const garbage = utf8('{{{');
    await stream.write(concat(Uint8Array.of(garbage.length, 0, 0, 0), garbage));
    await stream.write(encodeFrame({ Hello: 7 }));
    await stream.write(encodeFrame({ Hello: { v: 2 } }));
    await stream.write(encodeFrame('Ping'));
    const answers = bytesOf(stream);
    await settled();
    await stream.close();
    expect(await answers).toEqual([
      { Error: expect.objectContaining({ code: 'frame_malformed' }) },
      { Error: expect.objectContaining({ code: 'protocol_refused' }) },
      { Error: expect.objectContaining({ code: 'protocol_refused' }) },
      'Pong',
    ]);
  });

  test('a frame of 64 KiB and one byte is answered, and the stream closed', async () => {
    const { open } = served(echo);
    const stream = await open();
    const head = new Uint8Array(4);
    new DataView(head.buffer).setUint32(0, MESH_LIMITS.frameBytes + 1, true);
    await stream.write(head);
    expect(await bytesOf(stream)).toEqual([{ Error: expect.objectContaining({ code: 'frame_too_long' }) }]);
  });

  test('a frame that is never finished ends the stream; one that is in time does not', async () => {
    const { open, clock, there } = served(echo);
    const stream = await open();
    const ping = encodeFrame('Ping');
    await stream.write(ping.subarray(0, 5));
    await settled();
    expect(clock.waits()).toEqual([MESH_LIMITS.frameMs]);
    await stream.write(ping.subarray(5));
    await settled();
    expect(clock.waits()).toEqual([]);
    await stream.write(ping.subarray(0, 1));
    await settled();
    clock.fire(MESH_LIMITS.frameMs);
    await expect(bytesOf(stream)).rejects.toMatchObject({ code: 'stream_reset' });
    expect(there.net.streams.size).toBe(0);
  });

  test('who asks and never reads is cut off, and held no more than one answer meanwhile', async () => {
    let asked = 0;
    const { open, clock, there } = served(async () => (asked++, { Ok: 'x'.repeat(200_000) }));
    const stream = await open();
    for (let i = 0; i < 50; i++) await stream.write(encodeFrame('ListSkills'));
    await settled();
    expect(asked).toBe(1);
    clock.fire(MESH_LIMITS.answerMs);
    await settled();
    expect(there.net.streams.size).toBe(0);
  });

  test('more streams than one peer may have are refused, also while all of them wait; those who go leave room', async () => {
    const { open, client } = served(() => new Promise(() => undefined));
    const streams = await Promise.all(Array.from({ length: MESH_LIMITS.ipcStreamsPerPeer }, open));
    for (const stream of streams) await stream.write(encodeFrame('Ping'));
    await settled();
    await expect(client().call('Ping')).rejects.toMatchObject({ code: 'overloaded' });
    await streams[0]!.close();
    streams[1]!.reset();
    await settled();
    const late = await open();
    await late.write(encodeFrame({ Hello: { v: 1 } }));
    expect(await readFrames(late.incoming).next()).toEqual({ done: false, value: { value: { Ok: { v: 1 } } } });
  });
});
