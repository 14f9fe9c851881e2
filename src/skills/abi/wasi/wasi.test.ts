import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { fromUtf8, utf8 } from '../../../crypto';
import { requestFor } from '../../testkit';
import { wasiProgram } from '../testing/program';
import { ERRNO } from './errno';
import { SIGNATURES } from './signatures';

const CREATE = 1;
const FOLDER = 2;
const EXCLUSIVE = 4;
const TRUNCATE = 8;
const files = { 'data/a.txt': utf8('hello'), 'data/deep/b.txt': utf8('deep'), top: utf8('top') };

describe('streams', () => {
  test('stdin is the input, read to its end', () => {
    const { read } = wasiProgram({ input: utf8('input') });
    expect([read(0, 3), read(0), read(0)]).toEqual(['inp', 'ut', '']);
  });

  test('stdout is the output, stderr the log by lines', () => {
    const { write, streams, host } = wasiProgram({ grants: ['log'] });
    for (const text of ['a', 'b']) expect(write(1, text)).toBe(1);
    for (const text of ['one\ntw', 'o\n\nlast']) write(2, text);
    streams.flush();
    expect(fromUtf8(streams.output)).toBe('ab');
    expect(host.logs).toEqual(['one', 'two', '', 'last']);
  });

  test('a gathering write takes its pieces in order; an overlap is no matter', () => {
    const { call, view, bytes, streams } = wasiProgram();
    bytes().set(utf8('abcdef'), 500);
    [500, 4, 502, 4, 503, 0].forEach((value, i) => view().setUint32(16 + i * 4, value, true));
    expect(call['fd_write']!(1, 16, 3, 0)).toBe(0);
    expect(fromUtf8(streams.output)).toBe('abcdcdef');
  });

  test('more output than allowed ends the run', () => {
    const { write } = wasiProgram();
    expect(() => write(1, 'x'.repeat(1_001))).toThrow(expect.objectContaining({ kind: 'bad_output' }));
  });

  test('streams do not seek and go one way', () => {
    const { call, read, write } = wasiProgram();
    expect([call['fd_seek']!(1, 0n, 0, 0), call['fd_tell']!(0, 0)]).toEqual([ERRNO.spipe, ERRNO.spipe]);
    expect([read(1), write(0, 'x')]).toEqual([-ERRNO.badf, -ERRNO.badf]);
  });
});

describe('files', () => {
  test('declared ones are there, in their folders, sorted', () => {
    const { open, read, list, stat } = wasiProgram({ files });
    expect(read(open('data/a.txt'))).toBe('hello');
    expect(list(3)).toEqual(['.', '..', 'data', 'top']);
    expect(list(open('data', FOLDER))).toEqual(['.', '..', 'a.txt', 'deep']);
    expect(stat('data/deep/b.txt')).toEqual({ type: 4, links: 1n, size: 4n });
    expect(stat('data')).toMatchObject({ type: 3 });
  });

  test('a listing goes on where the room ended, whatever is removed meanwhile', () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${String(i).padStart(2, '0')}`, utf8('')]));
    const { list, call, bytes, u32, u64, path } = wasiProgram({ files: many });
    expect(list(3, 100)).toEqual(['.', '..', ...Object.keys(many)]);
    expect(call['fd_readdir']!(3, 4_096, 27 * 4, 2n, 0)).toBe(0);
    expect(u32(0)).toBe(27 * 4);
    for (const name of ['f00', 'f01', 'f02', 'f03']) expect(path('path_unlink_file', name)).toBe(0);
    expect(call['fd_readdir']!(3, 4_096, 27, u64(4_096 + 27 * 3), 0)).toBe(0);
    expect(fromUtf8(bytes().slice(4_096 + 24, 4_096 + 27))).toBe('f04');
  });

  test('making, writing, seeking, cutting, reading', () => {
    const { open, write, read, call, u64, stat } = wasiProgram();
    const fd = open('new', CREATE | EXCLUSIVE);
    expect([write(fd, 'hello world'), read(fd)]).toEqual([11, '']);
    expect(call['fd_seek']!(fd, -5n, 2, 8)).toBe(0);
    expect([u64(8), read(fd)]).toEqual([6n, 'world']);
    expect(call['fd_seek']!(fd, -1n, 0, 8)).toBe(ERRNO.inval);
    expect(call['fd_seek']!(fd, 20n, 0, 8)).toBe(0);
    expect([read(fd), write(fd, '!')]).toEqual(['', 1]);
    expect(stat('new')).toMatchObject({ size: 21n });
    expect(call['fd_filestat_set_size']!(fd, 5n)).toBe(0);
    expect(read(open('new'))).toBe('hello');
    expect([call['fd_allocate']!(fd, 4n, 4n), stat('new')]).toEqual([0, { type: 4, links: 1n, size: 8n }]);
    expect([open('new', CREATE | EXCLUSIVE), open('new', TRUNCATE) > 0, stat('new')]).toEqual([
      -ERRNO.exist,
      true,
      { type: 4, links: 1n, size: 0n },
    ]);
  });

  test('appending writes at the end; pread and pwrite leave the place', () => {
    const { call, text, vector, u32, open, read, write } = wasiProgram({ files });
    expect(call['path_open']!(3, 0, ...text('top'), 0, -1n, -1n, 1, 0)).toBe(0);
    const fd = u32(0);
    expect([write(fd, '+'), read(open('top'))]).toEqual([1, 'top+']);
    expect(call['fd_pwrite']!(fd, ...vector(...text('T')), 0n, 0)).toBe(0);
    expect(call['fd_pread']!(fd, ...vector(2_000, 2), 2n, 0)).toBe(0);
    expect([u32(0), read(open('top'))]).toEqual([2, 'Top+']);
  });

  test('folders, removal, renaming', () => {
    const { path, open, call, text, stat, read } = wasiProgram({ files });
    const rename = (from: string, to: string) => call['path_rename']!(3, ...text(from), 3, ...text(to, 1_500));
    expect([path('path_create_directory', 'made'), path('path_create_directory', 'made')]).toEqual([0, ERRNO.exist]);
    expect(path('path_remove_directory', 'data')).toBe(ERRNO.notempty);
    expect(path('path_remove_directory', 'top')).toBe(ERRNO.notdir);
    expect(path('path_unlink_file', 'data')).toBe(ERRNO.isdir);
    expect(path('path_remove_directory', '.')).not.toBe(0);
    expect([rename('data', 'made'), stat('made/a.txt')]).toEqual([0, { type: 4, links: 1n, size: 5n }]);
    expect(rename('made', 'made/deep/inside')).toBe(ERRNO.inval);
    expect([rename('top', 'made'), rename('made', 'top'), rename('gone', 'top')]).toEqual([
      ERRNO.isdir,
      ERRNO.notdir,
      ERRNO.noent,
    ]);
    expect([rename('top', 'made/a.txt'), read(open('made/a.txt')), open('top')]).toEqual([0, 'top', -ERRNO.noent]);
  });

  test('links of both kinds', () => {
    const { call, text, open, read, stat, path, u32, bytes } = wasiProgram({ files });
    const symlink = (target: string, at: string) => call['path_symlink']!(...text(target), 3, ...text(at, 1_500));
    expect([symlink('data/a.txt', 'link'), read(open('link')), stat('link', 0)]).toEqual([
      0,
      'hello',
      { type: 7, links: 1n, size: 10n },
    ]);
    expect(open('link', 0, -1n, 3, 0)).toBe(-ERRNO.loop);
    expect(call['path_readlink']!(3, ...text('link'), 3_000, 4, 0)).toBe(0);
    expect([u32(0), fromUtf8(bytes().slice(3_000, 3_004))]).toEqual([4, 'data']);
    expect([symlink('round', 'round'), open('round')]).toEqual([0, -ERRNO.loop]);
    expect([symlink('../out', 'data/up'), open('data/up')]).toEqual([0, -ERRNO.noent]);
    expect([symlink('../../out', 'data/far'), open('data/far')]).toEqual([0, -ERRNO.notcapable]);
    expect(symlink('/etc', 'root')).toBe(ERRNO.notcapable);
    expect(call['path_link']!(3, 0, ...text('top'), 3, ...text('second', 1_500))).toBe(0);
    expect([path('path_unlink_file', 'top'), read(open('second'))]).toEqual([0, 'top']);
    expect(call['path_link']!(3, 0, ...text('data'), 3, ...text('x', 1_500))).toBe(ERRNO.perm);
  });

  test.each(['..', '../top', 'data/../../top', '/top', '/', 'data/deep/../../../top'])('%s leads out', (path) => {
    const { open, stat } = wasiProgram({ files });
    expect([open(path), stat(path)]).toEqual([-ERRNO.notcapable, -ERRNO.notcapable]);
  });

  test.each([
    ['', ERRNO.noent],
    ['gone', ERRNO.noent],
    ['gone/x', ERRNO.noent],
    ['top/x', ERRNO.notdir],
    ['top/', ERRNO.notdir],
    ['a\0b', ERRNO.inval],
    ['x'.repeat(1_025), ERRNO.nametoolong],
  ])('“%s” does not open', (path, errno) => {
    expect(wasiProgram({ files }).open(path)).toBe(-errno);
  });

  test('a path that is not UTF-8 is ilseq', () => {
    const { call, bytes } = wasiProgram();
    bytes().set([0xff, 0xfe], 1_000);
    expect(call['path_open']!(3, 0, 1_000, 2, 0, -1n, -1n, 0, 0)).toBe(ERRNO.ilseq);
  });

  test('rights that were not taken, or were given up, are not there', () => {
    const { open, read, write, call, u64 } = wasiProgram({ files });
    const reader = open('top', 0, 1n << 1n);
    expect([read(reader), write(reader, 'x')]).toEqual(['top', -ERRNO.badf]);
    expect(open('data', 0, 1n << 6n)).toBe(-ERRNO.isdir);
    expect(call['fd_fdstat_set_rights']!(reader, 1n << 6n, 0n)).toBe(ERRNO.notcapable);
    expect([call['fd_fdstat_set_rights']!(reader, 0n, 0n), read(reader)]).toEqual([0, -ERRNO.badf]);
    expect([call['fd_fdstat_get']!(reader, 64), u64(72)]).toEqual([0, 0n]);
  });

  test('what is written, made and opened is bounded', () => {
    const limits = { ...requestFor(new Uint8Array()).limits, memoryPages: 1 };
    const { open, call, path } = wasiProgram({ limits });
    const fd = open('big', CREATE);
    expect(call['fd_filestat_set_size']!(fd, 1n << 62n)).toBe(ERRNO.inval);
    expect(call['fd_filestat_set_size']!(fd, 65_537n)).toBe(ERRNO.fbig);
    expect(call['fd_filestat_set_size']!(fd, 65_536n)).toBe(0);
    expect(path('path_unlink_file', 'big')).toBe(0);
    // It is still open, so its bytes are still held.
    const other = open('other', CREATE);
    expect(call['fd_filestat_set_size']!(other, 1n)).toBe(ERRNO.nospc);
    expect([call['fd_close']!(fd), call['fd_filestat_set_size']!(other, 65_536n)]).toEqual([0, 0]);
    let last = 0;
    for (let i = 0; i < 1_100 && last >= 0; i++) last = open('other');
    expect(last).toBe(-ERRNO.mfile);
    let errno = 0;
    for (let i = 0; i < 5_000 && errno === 0; i++) errno = path('path_create_directory', `d${i}`);
    expect(errno).toBe(ERRNO.nospc);
  });

  test('descriptors close, renumber and are used again', () => {
    const { open, call, read } = wasiProgram({ files });
    const [a, b] = [open('top'), open('data/a.txt')];
    expect([call['fd_renumber']!(a, b), read(b), read(a)]).toEqual([0, 'top', -ERRNO.badf]);
    expect(open('top')).toBe(a);
    expect([call['fd_close']!(a), call['fd_close']!(a), call['fd_renumber']!(77, b)]).toEqual([
      0,
      ERRNO.badf,
      ERRNO.badf,
    ]);
  });

  test('the root is found open, with its name', () => {
    const { call, bytes, u32 } = wasiProgram();
    expect([call['fd_prestat_get']!(3, 64), bytes()[64], u32(68)]).toEqual([0, 0, 1]);
    expect([call['fd_prestat_dir_name']!(3, 64, 1), bytes()[64]]).toEqual([0, 0x2f]);
    expect([call['fd_prestat_get']!(4, 64), call['fd_prestat_dir_name']!(3, 64, 0)]).toEqual([ERRNO.badf, ERRNO.inval]);
  });

  test('times are the virtual clock’s, or those that are set', () => {
    const { call, text, u64 } = wasiProgram({ files });
    const set = (flags: number) => call['path_filestat_set_times']!(3, 0, ...text('top'), 5n, 6n, flags);
    expect([set(1 | 4), call['path_filestat_get']!(3, 0, ...text('top'), 64)]).toEqual([0, 0]);
    expect([u64(104), u64(112)]).toEqual([5n, 6n]);
    expect([set(1 | 2), set(16)]).toEqual([ERRNO.inval, ERRNO.inval]);
  });
});

describe('the rest', () => {
  test('arguments, and no environment', () => {
    const { call, u32, bytes } = wasiProgram({ args: ['-v', 'né'] });
    expect([call['args_sizes_get']!(0, 4), u32(0), u32(4)]).toEqual([0, 3, 13]);
    expect(call['args_get']!(100, 200)).toBe(0);
    expect([u32(100), u32(104), u32(108)]).toEqual([200, 206, 209]);
    expect(fromUtf8(bytes().slice(200, 213))).toBe('skill\0-v\0né\0');
    expect([call['environ_sizes_get']!(0, 4), u32(0), u32(4), call['environ_get']!(0, 0)]).toEqual([0, 0, 0, 0]);
  });

  test('the clock starts with the order and jumps when the program sleeps', () => {
    const { call, view, u64, u32 } = wasiProgram({ now: 1_700_000_000_000 });
    const time = (id: number) => (call['clock_time_get']!(id, 0n, 8) === 0 ? u64(8) : -1n);
    expect([time(0), time(1), time(4)]).toEqual([1_700_000_000_000_000_000n, 0n, -1n]);
    view().setBigUint64(64, 77n, true);
    view().setUint8(72, 0);
    view().setUint32(80, 1, true);
    view().setBigUint64(88, 3_600_000_000_000n, true);
    expect([call['poll_oneoff']!(64, 200, 1, 0), u32(0), u64(200)]).toEqual([0, 1, 77n]);
    expect([time(0) - 1_700_000_000_000_000_000n, time(1)]).toEqual([3_600_000_000_000n, 3_600_000_000_000n]);
    view().setUint16(104, 1, true);
    expect([call['poll_oneoff']!(64, 200, 1, 0), time(1)]).toEqual([0, 3_600_000_000_000n]);
  });

  test('polling: files are ready, a wrong descriptor is an event, nothing is invalid', () => {
    const { call, view, u32 } = wasiProgram({ input: utf8('12345') });
    [0, 77].forEach((fd, i) => {
      view().setUint8(64 + 48 * i + 8, 1);
      view().setUint32(64 + 48 * i + 16, fd, true);
    });
    expect([call['poll_oneoff']!(64, 400, 2, 0), u32(0)]).toEqual([0, 2]);
    expect([view().getUint16(408, true), u32(416), view().getUint16(440, true)]).toEqual([0, 5, ERRNO.badf]);
    expect([call['poll_oneoff']!(64, 400, 0, 0), call['poll_oneoff']!(64, 400, -1, 0)]).toEqual([
      ERRNO.inval,
      ERRNO.fault,
    ]);
  });

  test('randomness is the seed’s', () => {
    const draw = (seed: string) => {
      const { call, bytes } = wasiProgram({ seed });
      expect(call['random_get']!(64, 40)).toBe(0);
      return bytes().slice(64, 104);
    };
    expect(draw('00'.repeat(32))).toEqual(draw('00'.repeat(32)));
    expect(draw('00'.repeat(32))).not.toEqual(draw('01'.repeat(32)));
  });

  test('there are no sockets', () => {
    const { call } = wasiProgram();
    for (const name of Object.keys(SIGNATURES).filter((item) => item.startsWith('sock_'))) {
      expect(call[name]!(1, 0, 0, 0, 0, 0)).toBe(ERRNO.notsup);
      expect(call[name]!(77, 0, 0, 0, 0, 0)).toBe(ERRNO.badf);
    }
  });

  test('every function answers an errno, whatever it is given, and harms nothing', () => {
    const value = fc.oneof(fc.constantFrom(0, 1, 3, 8, -1, 131_071, 131_072), fc.integer());
    const parameters = (name: string) =>
      SIGNATURES[name]!.slice(1, SIGNATURES[name]!.indexOf(')')).split(',').filter(Boolean);
    const names = Object.keys(SIGNATURES).filter((name) => !name.startsWith('proc_'));
    const step = fc
      .constantFrom(...names)
      .chain((name) =>
        fc
          .tuple(...parameters(name).map((type) => (type === 'i64' ? value.map(BigInt) : value)))
          .map((args) => ({ name, args })),
      );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { call } = wasiProgram({ files });
        for (const { name, args } of steps) {
          const errno = call[name]!(...args);
          expect(Number.isInteger(errno) && errno >= 0 && errno <= 76).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});
