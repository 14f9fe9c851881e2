import type { MessageStream, Stream } from '@libp2p/interface';
import { multiaddrConnectionPair } from '@libp2p/utils';
import { expect, test } from 'vitest';
import { polyfillNode } from './polyfill';
import { thriftyYamux } from './yamux';

polyfillNode();

const DATA = 0;
const WINDOW_UPDATE = 1;

/** Two muxers, and the types of all frames that the second sends (yamux: second byte of a header of twelve). */
function pair() {
  const [near, far] = multiaddrConnectionPair() as [MessageStream, MessageStream];
  const frames: number[] = [];
  const send = far.send.bind(far);
  far.send = (data) => {
    frames.push(data instanceof Uint8Array ? data[1]! : data.get(1));
    return send(data);
  };
  const [a, b] = [thriftyYamux({ enableKeepAlive: false })(), thriftyYamux({ enableKeepAlive: false })()];
  return { near, far, frames, a: a.createStreamMuxer(near), b: b.createStreamMuxer(far) };
}

const echo = (stream: Stream): void => stream.addEventListener('message', ({ data }) => void stream.send(data));

/** Sends pieces one after the other, as far as the stream takes them. @returns how many bytes came back */
async function carry(stream: Stream, pieces: number, bytes: number): Promise<number> {
  let back = 0;
  const all = new Promise<void>((resolve) => {
    stream.addEventListener('message', ({ data }) => {
      back += data.byteLength;
      if (back >= pieces * bytes) resolve();
    });
  });
  for (let i = 0; i < pieces; i++) {
    if (stream.send(new Uint8Array(bytes))) continue;
    await new Promise((resolve) => stream.addEventListener('drain', resolve, { once: true }));
  }
  await all;
  return back;
}

test('small messages come and go without window updates', async () => {
  const { a, b, frames } = pair();
  b.addEventListener('stream', ({ detail }) => echo(detail));
  expect(await carry(await a.createStream(), 100, 256)).toBe(25_600);
  expect(frames.filter((type) => type === DATA).length).toBeGreaterThan(0);
  expect(frames.filter((type) => type === WINDOW_UPDATE)).toEqual([]);
});

test('many windows of data pass, with two updates for each of them or fewer', async () => {
  const { a, b, frames } = pair();
  b.addEventListener('stream', ({ detail }) => echo(detail));
  expect(await carry(await a.createStream(), 128, 64 * 1024)).toBe(8 * 2 ** 20);
  const updates = frames.filter((type) => type === WINDOW_UPDATE).length;
  expect(updates).toBeGreaterThan(0);
  expect(updates).toBeLessThanOrEqual(2 * 32 + 1);
});

test('a paused reader holds its sender, and what was held comes when it goes on', async () => {
  const { a, b } = pair();
  const inward = new Promise<Stream>((resolve) => {
    b.addEventListener('stream', ({ detail }) => resolve(detail));
  });
  const stream = await a.createStream();
  const reader = await inward;
  let came = 0;
  reader.addEventListener('message', ({ data }) => (came += data.byteLength));
  reader.pause();
  let sent = 0;
  while (stream.send(new Uint8Array(64 * 1024))) sent += 64 * 1024;
  sent += 64 * 1024;
  expect(sent).toBeLessThan(2 ** 20);
  expect(came).toBe(0);
  reader.resume();
  await expect.poll(() => came).toBe(sent);
});

test('ATTACK: a connection that ends just as a stream is opened on it ends that stream, not the process', async () => {
  const uncaught: unknown[] = [];
  const hear = (error: unknown): void => void uncaught.push(error);
  process.on('uncaughtException', hear);
  try {
    const { a, near } = pair();
    const opening = a.createStream();
    near.abort(new Error('the link is lost'));
    const stream = await opening;
    await new Promise((resolve) => setImmediate(resolve));
    expect(stream.status).not.toBe('open');
    expect(uncaught).toEqual([]);
  } finally {
    process.off('uncaughtException', hear);
  }
});
