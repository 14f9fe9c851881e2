import { afterEach, describe, expect, test } from 'vitest';
import { StandInConnection } from '../../mesh/rtc/peer-connection';
import type { StandInChannel } from '../../mesh/rtc/data-channel';
import { TabLink } from '../../mesh/rtc/tab-link';
import { concat } from '../../crypto';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { serveRtc } from './serve';

const { rtcMessageBytes, rtcSlackBytes } = MESH_LIMITS;

const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

/** A tab that lends its real WebRTC over a real port, and what the worker has of it. */
function tab() {
  const { port1, port2 } = new MessageChannel();
  let closed = (): void => undefined;
  const gone = new Promise<void>((resolve) => (closed = resolve));
  const stop = serveRtc(port1);
  const link = new TabLink(Promise.resolve({ port: port2, gone }));
  const close = (): void => {
    stop();
    closed();
  };
  opened.push(close);
  return { link, close };
}

/** States that real connections made from now on go through. */
function recordStates(): () => string[] {
  const states: string[] = [];
  const Original = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      this.addEventListener('connectionstatechange', () => states.push(this.connectionState));
      this.addEventListener('iceconnectionstatechange', () => states.push(this.iceConnectionState));
    }
  };
  opened.push(() => (globalThis.RTCPeerConnection = Original));
  return () => states;
}

const next = <T extends Event>(target: EventTarget, type: string): Promise<T> =>
  new Promise((resolve) => target.addEventListener(type, (event) => resolve(event as T), { once: true }));

const incoming = async (connection: StandInConnection): Promise<StandInChannel> =>
  (await next<Event & { channel: StandInChannel }>(connection, 'datachannel')).channel;

/** Two stand-ins that are connected, over two tabs of one page, with a channel from a to b. */
async function connected(label = 'data') {
  const [left, right] = [tab(), tab()];
  const a = new StandInConnection(left.link);
  const b = new StandInConnection(right.link);
  for (const [from, to] of [[a, b] as const, [b, a] as const]) {
    from.addEventListener('icecandidate', (event) => {
      const { candidate } = event as Event & { candidate: { toJSON(): Record<string, string> } | null };
      // It may be over before the last candidate is found.
      if (candidate) to.addIceCandidate(candidate.toJSON()).catch(() => undefined);
    });
  }
  const channel = a.createDataChannel(label);
  const other = incoming(b);
  const isOpen = next(channel, 'open');
  const offer = await a.createOffer();
  await a.setLocalDescription(offer);
  await b.setRemoteDescription(offer);
  const answer = await b.createAnswer();
  await b.setLocalDescription(answer);
  await a.setRemoteDescription(answer);
  await isOpen;
  return { a, b, channel, other: await other, left, right };
}

describe('WebRTC over a port', () => {
  test('views of a larger buffer: their own bytes alone arrive, those of one turn as one message, and the sender keeps what it sent', async () => {
    const { channel, other, a } = await connected();
    const buffer = Uint8Array.from({ length: 100 }, (_, i) => i);
    const heard: number[][] = [];
    const all = new Promise<void>((resolve) => {
      other.addEventListener('message', (event) => {
        heard.push([...new Uint8Array((event as MessageEvent<ArrayBuffer>).data)]);
        if (heard.length === 2) resolve();
      });
    });
    for (const at of [10, 20]) channel.send(buffer.subarray(at, at + 2));
    buffer[20] = 0;
    await Promise.resolve();
    channel.send(buffer.subarray(30, 32));
    expect(buffer.byteLength).toBe(100);
    await all;
    expect(heard).toEqual([
      [10, 11, 20, 21],
      [30, 31],
    ]);
    const kinds = [...(await a.getStats()).values()].map((one) => (one as { id: string; type?: string }).type);
    expect(kinds).toContain('candidate-pair');
  });

  test('one turn sends more than one message of the largest holds: all of it arrives, in order', async () => {
    const { channel, other } = await connected();
    const sizes = [1, rtcMessageBytes, 2, 3, rtcMessageBytes - 3];
    sizes.forEach((size, i) => channel.send(new Uint8Array(size).fill(i)));
    const heard: Uint8Array[] = [];
    other.addEventListener('message', (event) => heard.push(new Uint8Array((event as MessageEvent<ArrayBuffer>).data)));
    const total = sizes.reduce((sum, size) => sum + size);
    await expect.poll(() => heard.reduce((sum, { length }) => sum + length, 0)).toBe(total);
    expect(heard.map(({ length }) => length)).toEqual([1, rtcMessageBytes, 5, rtcMessageBytes - 3]);
    expect(concat(...heard)).toEqual(concat(...sizes.map((size, i) => new Uint8Array(size).fill(i))));
  });

  test('credit: what crosses and what waits counts as buffered, but for a little, and its end is told', async () => {
    const { channel, other } = await connected();
    let got = 0;
    other.addEventListener('message', (event) => (got += (event as MessageEvent<ArrayBuffer>).data.byteLength));
    const low = next(channel, 'bufferedamountlow');
    for (let i = 0; i < 64; i++) channel.send(new Uint8Array(16_384));
    expect(channel.bufferedAmount).toBe(64 * 16_384 - rtcSlackBytes);
    await low;
    expect(channel.bufferedAmount).toBe(0);
    await expect.poll(() => got).toBe(64 * 16_384);
    // Again: what was told of late is not lost.
    for (let round = 1; round <= 5; round++) {
      const again = next(channel, 'bufferedamountlow');
      for (let i = 0; i < 20; i++) channel.send(new Uint8Array(9_999));
      await again;
      await expect.poll(() => got).toBe(64 * 16_384 + round * 20 * 9_999);
      expect(channel.bufferedAmount).toBe(0);
    }
  });

  test('credit: a tab that takes nothing gives none back, however long it takes', async () => {
    const { port1, port2 } = new MessageChannel();
    const link = new TabLink(Promise.resolve({ port: port2, gone: new Promise(() => undefined) }));
    opened.push(() => port1.close());
    const channel = new StandInConnection(link).createDataChannel('data');
    port1.start();
    port1.postMessage([{ type: 'opened', channel: 2, id: 1 }]);
    await next(channel, 'open');
    let low = 0;
    channel.addEventListener('bufferedamountlow', () => (low += 1));
    for (let i = 0; i < 16; i++) channel.send(new Uint8Array(16_384));
    // It answers a call, and so has read everything before it; that gives no credit either.
    const asked = link.call(1, 'getStats').catch(() => undefined);
    const call = await new Promise<number>((resolve) => {
      port1.addEventListener('message', ({ data }: MessageEvent<{ type: string; call: number }[]>) => {
        const found = data.find(({ type }) => type === 'call');
        if (found) resolve(found.call);
      });
    });
    port1.postMessage([{ type: 'failed', call, name: 'Error', message: 'no' }]);
    await asked;
    expect([low, channel.bufferedAmount]).toEqual([0, 16 * 16_384 - rtcSlackBytes]);
    port1.postMessage([{ type: 'sent', channel: 2, bytes: 16 * 16_384, buffered: 0 }]);
    await next(channel, 'bufferedamountlow');
    expect(channel.bufferedAmount).toBe(0);
  });

  test('the tab closes: its connections fail before their channels end, and what is asked later is refused', async () => {
    const { a, channel, left } = await connected();
    const told: string[] = [];
    a.addEventListener('connectionstatechange', () => a.connectionState === 'failed' && told.push('failed'));
    channel.addEventListener('close', () => told.push('channel'));
    left.close();
    await expect.poll(() => told).toEqual(['failed', 'channel']);
    expect(() => channel.send(new Uint8Array(1))).toThrow('is closed');
    await expect(a.createOffer()).rejects.toThrow('is closed');
    expect(left.link.isOver).toBe(true);
  });

  test('the other side closes: heard by the state of the transport, as a failed connection first, and not by ICE that gives up', async () => {
    const states = recordStates();
    const { a, b, channel } = await connected();
    const told: string[] = [];
    a.addEventListener('connectionstatechange', () => a.connectionState === 'failed' && told.push('failed'));
    channel.addEventListener('close', () => told.push('channel'));
    b.close();
    await expect.poll(() => told).toEqual(['failed', 'channel']);
    expect(states()).not.toContain('disconnected');
    expect(states()).not.toContain('failed');
  });

  test('what a tab says in one message is heard in tasks of their own: who awaits between two of them misses nothing', async () => {
    const { port1, port2 } = new MessageChannel();
    const link = new TabLink(Promise.resolve({ port: port2, gone: new Promise(() => undefined) }));
    opened.push(() => port1.close());
    const connection = new StandInConnection(link);
    const channel = connection.createDataChannel('init');
    const facts = { connectionState: 'connected' };
    port1.postMessage([
      { type: 'state', connection: 1, event: 'connectionstatechange', facts },
      { type: 'opened', channel: 2, id: 1 },
      { type: 'closing', channel: 2 },
      { type: 'closed', channel: 2 },
    ]);
    for (const [target, type] of [
      [connection, 'connectionstatechange'],
      [channel, 'open'],
    ] as const) {
      await next(target, type);
      for (let i = 0; i < 20; i++) await Promise.resolve();
    }
    expect([connection.connectionState, channel.readyState]).toEqual(['connected', 'open']);
    const closed = next(channel, 'close');
    channel.close();
    await closed;
  });

  test('the end of the channel that libp2p begins with is kept until it ends it itself', async () => {
    const { channel, other } = await connected('init');
    other.close();
    await next(other, 'close');
    expect(channel.readyState).toBe('open');
    const closed = next(channel, 'close');
    channel.close();
    await closed;
    expect(channel.readyState).toBe('closed');
  });

  test('a call that the browser refuses fails with its name, and noise over the port does nothing', async () => {
    const { link } = tab();
    const connection = new StandInConnection(link);
    await expect(connection.setRemoteDescription({ type: 'answer', sdp: 'nonsense' })).rejects.toBeInstanceOf(
      DOMException,
    );
    const { port1, port2 } = new MessageChannel();
    opened.push(serveRtc(port1));
    port2.start();
    for (const noise of [null, 5, [null], [5], [{ type: 'call', connection: 1, call: 1, method: 'close' }]]) {
      port2.postMessage(noise);
    }
    const answer = await next<MessageEvent<unknown>>(port2, 'message');
    port2.close();
    expect(answer.data).toEqual([{ type: 'failed', call: 1, name: 'InvalidStateError', message: 'it is gone' }]);
  });
});
