import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, utf8 } from '../crypto';
import { LIMITS } from '../protocol/limits';
import { MESH_LIMITS } from '../protocol/mesh-limits';
import { encodeFrame, FrameDecoder, readFrames, type Frame } from './frames';

const MOST = MESH_LIMITS.frameBytes;

const head = (length: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, length, true);
  return bytes;
};
const framed = (body: string | Uint8Array): Uint8Array => {
  const bytes = typeof body === 'string' ? utf8(body) : body;
  return concat(head(bytes.length), bytes);
};
const decode = (...chunks: Uint8Array[]): Frame[] => {
  const decoder = new FrameDecoder();
  return chunks.flatMap((chunk) => [...decoder.push(chunk)]);
};
const told = (frames: Frame[]) => frames.map((f) => ('value' in f ? f.value : f.error.code));
/** Cuts bytes at these places. */
const cut = (bytes: Uint8Array, places: number[]): Uint8Array[] => {
  const ends = [...new Set(places.map((p) => p % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...ends].map((from, i) => bytes.subarray(from, ends[i] ?? bytes.length));
};

async function* streamed(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
const all = async (...chunks: Uint8Array[]): Promise<Frame[]> => {
  const found: Frame[] = [];
  for await (const frame of readFrames(streamed(...chunks))) found.push(frame);
  return found;
};

describe('a frame', () => {
  test('is a length of four bytes, little-endian, and JSON', () => {
    expect([...encodeFrame('Ping')]).toEqual([6, 0, 0, 0, ...utf8('"Ping"')]);
    expect(told(decode(encodeFrame({ MeshDial: { addr: '/ip4/1.2.3.4/tcp/1' } })))).toEqual([
      { MeshDial: { addr: '/ip4/1.2.3.4/tcp/1' } },
    ]);
  });

  test('comes back whole, wherever its bytes were cut, and whatever came before it', () => {
    // What JSON itself does not tell apart (-0) is written before it is compared.
    const value = fc.jsonValue({ maxDepth: 5 }).map((v) => JSON.parse(JSON.stringify(v)) as unknown);
    fc.assert(
      fc.property(fc.array(value, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 20 }), (values, places) => {
        const wellFormed = values.filter(
          (v) => JSON.stringify(v).isWellFormed() && !JSON.stringify(v).includes('\\ud'),
        );
        const bytes = concat(...wellFormed.map((v) => encodeFrame(v)));
        expect(told(decode(...cut(bytes, places)))).toEqual(wellFormed);
      }),
    );
  });

  test('split at every one of its bytes is the same frame', () => {
    const bytes = encodeFrame({ RunWasm: { path: 'hash-file', input: 'ä€😀' } });
    for (let at = 0; at <= bytes.length; at++) {
      expect(told(decode(bytes.subarray(0, at), bytes.subarray(at)))).toEqual([
        { RunWasm: { path: 'hash-file', input: 'ä€😀' } },
      ]);
    }
    expect(told(decode(...Array.from(bytes, (byte) => Uint8Array.of(byte))))).toHaveLength(1);
  });

  test('of 64 KiB is taken, and one byte more ends the stream before its body is read', () => {
    const full = framed(JSON.stringify('x'.repeat(MOST - 2)));
    expect(decode(full)).toEqual([{ value: 'x'.repeat(MOST - 2) }]);
    const frames = decode(concat(head(MOST + 1), utf8('x'.repeat(MOST + 1)), encodeFrame('Ping')));
    expect(told(frames)).toEqual(['frame_too_long']);
    expect(frames[0]).toMatchObject({ last: true });
    expect(told(decode(head(0xffff_ffff)))).toEqual(['frame_too_long']);
    expect(() => encodeFrame('x'.repeat(MOST - 1))).toThrow(expect.objectContaining({ code: 'frame_too_long' }));
    expect(encodeFrame('x'.repeat(MOST - 2))).toHaveLength(MOST + 4);
  });

  test.each([
    ['nothing', ''],
    ['half a value', '{"Ping"'],
    ['two values', '"Ping" "Ping"'],
    ['text', 'Ping'],
    ['a number out of range', '1e999'],
    ['equal keys', '{"Ping":1,"Ping":2}'],
    ['a lone surrogate', '"\\ud800"'],
    ['no UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
    ['a byte order mark', Uint8Array.of(0xef, 0xbb, 0xbf, 0x31)],
    ['JSON that is too deep', '['.repeat(LIMITS.jsonDepth + 2) + ']'.repeat(LIMITS.jsonDepth + 2)],
    ['nothing but brackets', '['.repeat(MOST)],
    ['nothing but keys', '{"a":'.repeat(MOST / 5)],
  ])('with %s in it is an error of its own, and the next one is found', (_, body) => {
    const frames = decode(concat(framed(body), encodeFrame('Ping')));
    expect(told(frames)).toEqual(['frame_malformed', 'Ping']);
    expect(frames[0]).toMatchObject({ last: false });
  });

  test('that the stream ends in is told, wherever it ends; between two there is nothing to tell', async () => {
    const bytes = concat(encodeFrame('Ping'), encodeFrame('GetStatus'));
    const first = encodeFrame('Ping').length;
    for (let end = 0; end <= bytes.length; end++) {
      const whole = end >= bytes.length ? ['Ping', 'GetStatus'] : end >= first ? ['Ping'] : [];
      const broken = ![0, first, bytes.length].includes(end);
      expect(told(await all(bytes.subarray(0, end)))).toEqual([...whole, ...(broken ? ['frame_malformed'] : [])]);
    }
  });

  test('is found or refused in any bytes at all: nothing throws, and at most one error ends it', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 8 }), (chunks) => {
        const frames = decode(...chunks);
        const ends = frames.findIndex((f) => 'error' in f && f.last);
        expect([-1, frames.length - 1]).toContain(ends);
      }),
    );
  });
});
