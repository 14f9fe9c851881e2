import { afterEach, describe, expect, test } from 'vitest';
import { StandInConnection } from '../../mesh/rtc/peer-connection';
import type { StandInChannel } from '../../mesh/rtc/data-channel';
import { TabLink } from '../../mesh/rtc/tab-link';
import { serveRtc } from './serve';

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
  test('a view of a larger buffer arrives as its own bytes alone, in order, and the sender keeps what it sent', async () => {
    const { channel, other, a } = await connected();
    const buffer = Uint8Array.from({ length: 100 }, (_, i) => i);
    const heard: number[][] = [];
    const all = new Promise<void>((resolve) => {
      other.addEventListener('message', (event) => {
        heard.push([...new Uint8Array((event as MessageEvent<ArrayBuffer>).data)]);
        if (heard.length === 3) resolve();
      });
    });
    for (const at of [10, 20, 30]) channel.send(buffer.subarray(at, at + 2));
    expect(buffer[10]).toBe(10);
    await all;
    expect(heard).toEqual([
      [10, 11],
      [20, 21],
      [30, 31],
    ]);
    const kinds = [...(await a.getStats()).values()].map((one) => (one as { id: string; type?: string }).type);
    expect(kinds).toContain('candidate-pair');
  });

  test('what crosses and what waits counts as buffered, and its end is told', async () => {
    const { channel, other } = await connected();
    let got = 0;
    other.addEventListener('message', (event) => (got += (event as MessageEvent<ArrayBuffer>).data.byteLength));
    const low = next(channel, 'bufferedamountlow');
    for (let i = 0; i < 64; i++) channel.send(new Uint8Array(16_384));
    expect(channel.bufferedAmount).toBe(64 * 16_384);
    await low;
    expect(channel.bufferedAmount).toBe(0);
    await expect.poll(() => got).toBe(64 * 16_384);
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

  test('the other side closes: heard as a failed connection first, without waiting for ICE to give up', async () => {
    const { a, b, channel } = await connected();
    const told: string[] = [];
    a.addEventListener('connectionstatechange', () => a.connectionState === 'failed' && told.push('failed'));
    channel.addEventListener('close', () => told.push('channel'));
    b.close();
    await expect.poll(() => told, { timeout: 5_000 }).toEqual(['failed', 'channel']);
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
