import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256, sha256Hex } from '../../crypto';
import { CHUNK, chunksOf, leadsTo, spanOf, STATE_BYTES, statesOf } from './chain';
import { Download } from './download';
import { content, now } from './testkit';

describe('chunks against the digest of the whole', () => {
  test('every chunk of anything leads from state to state to the digest', async () => {
    const lengths = fc.oneof(
      fc.nat(3 * CHUNK),
      fc.constantFrom(0, 1, 55, 56, 64, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK),
    );
    await fc.assert(
      fc.asyncProperty(lengths, fc.nat(), fc.nat(255), async (length, at, by) => {
        const bytes = content(length);
        const states = await statesOf(bytes, now);
        expect(states.length).toBe((chunksOf(length) - 1) * STATE_BYTES);
        let target: Uint8Array = sha256(bytes);
        for (let i = chunksOf(length) - 1; i >= 0; i--) {
          const before = i === 0 ? undefined : states.slice((i - 1) * STATE_BYTES, i * STATE_BYTES);
          const chunk = bytes.slice(...spanOf(i, length));
          expect(leadsTo(target, before, chunk, i, length)).toBe(true);
          // A byte of chunk or state that is another, or another length, leads elsewhere.
          if (chunk.length > 0 && by > 0) {
            chunk[at % chunk.length]! ^= by;
            expect(leadsTo(target, before, chunk, i, length)).toBe(false);
            chunk[at % chunk.length]! ^= by;
          }
          // The padding of the last one holds the length of all.
          if (i === chunksOf(length) - 1) expect(leadsTo(target, before, chunk, i, length + 1)).toBe(false);
          if (before && by > 0) {
            const other = before.slice();
            other[at % STATE_BYTES]! ^= by;
            expect(leadsTo(target, other, chunk, i, length)).toBe(false);
          }
          if (before) target = before;
        }
      }),
      { numRuns: 25 },
    );
  });

  test('a download takes chunks in any order from anybody, and ends with the content', async () => {
    const bytes = content(9 * CHUNK + 100);
    const states = await statesOf(bytes, now);
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1 }), fc.array(fc.boolean()), (picks, losses) => {
        const download = new Download(sha256(bytes));
        const out = new Uint8Array(bytes.length);
        const offer = { bytes: bytes.length, states };
        for (const peer of ['a', 'b', 'c']) download.offer(peer, offer);
        const under: [string, number][] = [];
        for (let step = 0; !download.isDone && step < 500; step++) {
          for (const peer of ['a', 'b', 'c']) {
            const index = download.ask(peer, !under.some(([of]) => of === peer));
            if (index !== undefined) under.push([peer, index]);
          }
          const [peer, index] = under.splice(picks[step % picks.length]! % under.length, 1)[0]!;
          if (losses[step]) {
            download.lose(peer);
            for (let i = under.length - 1; i >= 0; i--) if (under[i]![0] === peer) under.splice(i, 1);
            download.offer(peer, offer);
            continue;
          }
          const part = bytes.slice(...spanOf(index, bytes.length));
          for (const chunk of download.take(peer, { index, bytes: part }).verified) {
            out.set(chunk.bytes, chunk.index * CHUNK);
          }
        }
        expect(download.isDone).toBe(true);
        expect(sha256Hex(out)).toBe(sha256Hex(bytes));
      }),
      { numRuns: 12 },
    );
  });
});
