/** What a program may take of its host, where an engine's own limits or the host's memory would be in the way. */
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../crypto';
import { requestFor } from '../../testkit';
import { wasiProgram } from '../testing/program';
import { ERRNO } from './errno';
import { TYPE } from './tree';

const CREATE = 1;

describe('what an engine bounds by itself', () => {
  test('300,000 writes of a byte are 300,000 bytes, on the output and in a line of the log', () => {
    const own = requestFor(new Uint8Array()).limits;
    const limits = { ...own, outputBytes: 300_000, hostCalls: 1_000_000 };
    const { call, vector, text, streams, host } = wasiProgram({ limits, grants: ['log'] });
    const [vectors, count] = vector(...text('x'));
    for (let i = 0; i < 300_000; i++) call['fd_write']!(1, vectors, count, 0);
    expect(streams.output).toHaveLength(300_000);
    for (let i = 0; i < 70_000; i++) call['fd_write']!(2, vectors, count, 0);
    streams.flush();
    expect(host.logs.join('').length).toBeLessThanOrEqual(65_536);
  });

  test('1,024 buffers and subscriptions are the most', () => {
    const { call, memory, view } = wasiProgram();
    memory.grow(200);
    for (const [many, errno] of [
      [1_024, 0],
      [1_025, ERRNO.inval],
      [200_000, ERRNO.inval],
    ] as const) {
      for (const name of ['fd_write', 'fd_read'])
        expect(call[name]!(name === 'fd_write' ? 1 : 0, 64, many, 0)).toBe(errno);
      // Clocks that rang at once: each is an event.
      view().setUint32(64 + 16, 0, true);
      expect(call['poll_oneoff']!(64, 11_000_000 - 1_100_000, Math.min(many, 30_000), 0)).toBe(errno);
    }
  });
});

describe('what the files take of the host', () => {
  test('room that was given up is given back', () => {
    const { open, call, tree } = wasiProgram();
    const limit = requestFor(new Uint8Array()).limits.memoryPages * 65_536;
    for (let i = 0; i < 100; i++) {
      const fd = open(`f${i}`, CREATE);
      expect([call['fd_filestat_set_size']!(fd, BigInt(limit)), call['fd_filestat_set_size']!(fd, 0n)]).toEqual([0, 0]);
      call['fd_close']!(fd);
    }
    const rooms = [...tree.root.entries.values()].map(({ node }) => (node.type === TYPE.file ? node.bytes.length : 0));
    expect(rooms.reduce((sum, room) => sum + room, 0)).toBeLessThanOrEqual(2 * limit);
  });

  test('a link is a name like any other', () => {
    const { call, text, stat } = wasiProgram({ files: { a: utf8('a') } });
    const errnos = Array.from({ length: 5_000 }, (_, i) =>
      call['path_link']!(3, 0, ...text('a'), 3, ...text(`l${i}`, 3_000)),
    );
    expect([errnos[4_095], errnos[4_096], errnos.at(-1)]).toEqual([0, ERRNO.nospc, ERRNO.nospc]);
    expect(stat('a')).toMatchObject({ links: 4_097n });
  });
});
