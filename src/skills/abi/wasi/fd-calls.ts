import type { Host } from '../host';
import { HOST_GAS } from '../weights';
import { utf8 } from '../../../crypto';
import { APPEND, RIGHT, type Descriptor, type Descriptors } from './descriptors';
import { refused } from './errno';
import type { Guest } from './guest';
import { newTimes, writeStat } from './stat';
import type { Streams } from './streams';
import { TYPE, type File, type FileTree, type Folder, type Node } from './tree';

/** What every group of calls works on. */
export interface Program {
  host: Host;
  guest: Guest;
  tree: FileTree;
  open: Descriptors;
  streams: Streams;
}

/** A call that answers an errno: nothing thrown is 0. */
export type Call = (...args: never[]) => void;

/** Bits of `fdflags` that there are. */
const FLAGS = 0b1_1111;
const WHENCE = { set: 0, current: 1, end: 2 } as const;
/** Larger than any file here, and exact in a double. */
const OFFSET_MOST = 2 ** 40;

function offsetOf(value: bigint): number {
  const offset = Number(BigInt.asUintN(64, value));
  if (offset > OFFSET_MOST) throw refused('inval');
  return offset;
}

const nodeOf = ({ on }: Descriptor): Node | undefined => (typeof on === 'string' ? undefined : on);

export function fdCalls({ host, guest, tree, open, streams }: Program): Record<string, Call> {
  const part = ({ bytes, size }: File, from: number) => bytes.subarray(Math.min(from, size), size);
  const write = (descriptor: Descriptor & { on: File }, data: Uint8Array) => {
    const at = descriptor.flags & APPEND ? descriptor.on.size : descriptor.at;
    tree.write(descriptor.on, at, data);
    descriptor.at = at + data.length;
  };
  return {
    fd_advise: (fd: number) => void open.file(fd),
    fd_allocate: (fd: number, at: bigint, length: bigint) => {
      const { on } = open.file(fd, RIGHT.write);
      const end = offsetOf(at) + offsetOf(length);
      if (end > on.size) tree.resize(on, end);
    },
    fd_close: (fd: number) => open.close(fd),
    fd_datasync: (fd: number) => void open.get(fd),
    fd_sync: (fd: number) => void open.get(fd),
    fd_fdstat_get: (fd: number, out: number) => {
      const descriptor = open.get(fd);
      const stat = guest.view(out, 24);
      stat.setUint8(0, nodeOf(descriptor)?.type ?? TYPE.unknown);
      stat.setUint8(1, 0);
      stat.setUint16(2, descriptor.flags, true);
      stat.setUint32(4, 0, true);
      stat.setBigUint64(8, descriptor.rights, true);
      stat.setBigUint64(16, descriptor.inheriting, true);
    },
    fd_fdstat_set_flags: (fd: number, flags: number) => {
      if (flags & ~FLAGS) throw refused('inval');
      open.get(fd).flags = flags;
    },
    fd_fdstat_set_rights: (fd: number, base: bigint, inheriting: bigint) => {
      const descriptor = open.get(fd);
      const [rights, passed] = [BigInt.asUintN(64, base), BigInt.asUintN(64, inheriting)];
      // Rights are only ever given up.
      if ((rights & ~descriptor.rights) | (passed & ~descriptor.inheriting)) throw refused('notcapable');
      Object.assign(descriptor, { rights, inheriting: passed });
    },
    fd_filestat_get: (fd: number, out: number) => writeStat(guest, out, nodeOf(open.get(fd))),
    fd_filestat_set_size: (fd: number, size: bigint) => tree.resize(open.file(fd, RIGHT.write).on, offsetOf(size)),
    fd_filestat_set_times: (fd: number, accessed: bigint, modified: bigint, flags: number) => {
      const node = nodeOf(open.get(fd));
      if (!node) throw refused('badf');
      newTimes(node, host.time, accessed, modified, flags);
    },
    fd_read: (fd: number, vectors: number, count: number, out: number) => {
      guest.view(out, 4);
      const descriptor = open.get(fd);
      if (descriptor.on === 'stdin') {
        const done = guest.scatter(vectors, count, streams.unread);
        streams.skip(done);
        return guest.setU32(out, done);
      }
      const file = open.file(fd, RIGHT.read);
      const done = guest.scatter(vectors, count, part(file.on, file.at));
      file.at += done;
      guest.setU32(out, done);
    },
    fd_pread: (fd: number, vectors: number, count: number, at: bigint, out: number) => {
      guest.view(out, 4);
      const { on } = open.file(fd, RIGHT.read);
      guest.setU32(out, guest.scatter(vectors, count, part(on, offsetOf(at))));
    },
    fd_write: (fd: number, vectors: number, count: number, out: number) => {
      guest.view(out, 4);
      const descriptor = open.get(fd);
      if ((descriptor.rights & RIGHT.write) === 0n) throw refused('badf');
      const data = guest.gather(vectors, count);
      if (descriptor.on === 'stdout') streams.write(data);
      else if (descriptor.on === 'stderr') streams.log(data);
      else write(open.file(fd, RIGHT.write), data);
      guest.setU32(out, data.length);
    },
    fd_pwrite: (fd: number, vectors: number, count: number, at: bigint, out: number) => {
      guest.view(out, 4);
      const { on } = open.file(fd, RIGHT.write);
      const data = guest.gather(vectors, count);
      tree.write(on, offsetOf(at), data);
      guest.setU32(out, data.length);
    },
    fd_prestat_get: (fd: number, out: number) => {
      const { preopened } = open.get(fd);
      if (preopened === undefined) throw refused('badf');
      guest.setU32(out, 0);
      guest.setU32(out + 4, preopened.length);
    },
    fd_prestat_dir_name: (fd: number, pointer: number, length: number) => {
      const { preopened } = open.get(fd);
      if (preopened === undefined) throw refused('badf');
      if (length >>> 0 < preopened.length) throw refused('inval');
      guest.bytes(pointer, preopened.length).set(utf8(preopened));
    },
    fd_readdir: (fd: number, pointer: number, length: number, cookie: bigint, out: number) => {
      guest.view(out, 4);
      const room = guest.bytes(pointer, length);
      guest.setU32(out, list(host, open.folder(fd), room, BigInt.asUintN(64, cookie)));
    },
    fd_renumber: (from: number, to: number) => open.renumber(from, to),
    fd_seek: (fd: number, delta: bigint, whence: number, out: number) => {
      const descriptor = open.file(fd);
      const { set, current, end } = WHENCE;
      if (whence !== set && whence !== current && whence !== end) throw refused('inval');
      const base = whence === set ? 0 : whence === current ? descriptor.at : descriptor.on.size;
      const at = base + Number(delta);
      if (at < 0 || at > OFFSET_MOST) throw refused('inval');
      guest.setU64(out, BigInt(at));
      descriptor.at = at;
    },
    fd_tell: (fd: number, out: number) => guest.setU64(out, BigInt(open.file(fd).at)),
  };
}

/** Directory entries after `cookie`, the last cut off where the room ends. */
function list(host: Host, folder: Folder, room: Uint8Array<ArrayBuffer>, cookie: bigint): number {
  const dots: [string, bigint, Node][] = [
    ['.', 1n, folder],
    ['..', 2n, folder.above ?? folder],
  ];
  const entries = [...folder.entries].map(([name, { node, serial }]): [string, bigint, Node] => [name, serial, node]);
  host.gas.charge(entries.length * HOST_GAS.name);
  let used = 0;
  for (const [name, serial, { ino, type }] of [...dots, ...entries]) {
    if (serial <= cookie) continue;
    const bytes = utf8(name);
    const entry = new Uint8Array(24 + bytes.length);
    const view = new DataView(entry.buffer);
    view.setBigUint64(0, serial, true);
    view.setBigUint64(8, ino, true);
    view.setUint32(16, bytes.length, true);
    view.setUint8(20, type);
    entry.set(bytes, 24);
    const piece = entry.subarray(0, room.length - used);
    room.set(piece, used);
    used += piece.length;
    if (used === room.length) break;
  }
  host.moved(used);
  return used;
}
