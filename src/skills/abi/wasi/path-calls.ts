import { utf8 } from '../../../crypto';
import { RIGHT } from './descriptors';
import { refused } from './errno';
import type { Call, Program } from './fd-calls';
import { newTimes, writeStat } from './stat';
import { TYPE, type Node, type Place } from './tree';

/** `lookupflags`. */
const FOLLOW = 1;
/** `oflags`. */
const OPEN = { create: 1, folder: 2, exclusive: 4, truncate: 8 } as const;

const there = ({ node }: Place): Node => {
  if (!node) throw refused('noent');
  return node;
};

export function pathCalls({ host, guest, tree, open }: Program): Record<string, Call> {
  const find = (fd: number, pointer: number, length: number, follow = false): Place =>
    tree.find(open.folder(fd), guest.path(pointer, length), follow);

  /** The node to open, made or emptied where the flags ask for it. */
  const obtain = (fd: number, path: string, lookup: number, flags: number, writes: boolean): Node => {
    const place = tree.find(open.folder(fd), path, (lookup & FOLLOW) !== 0 && (flags & OPEN.exclusive) === 0);
    if (!place.node) {
      if ((flags & OPEN.create) === 0 || path.endsWith('/')) throw refused('noent');
      if (flags & OPEN.folder) throw refused('inval');
      return tree.makeFile(place);
    }
    const { node } = place;
    if (flags & OPEN.create && flags & OPEN.exclusive) throw refused('exist');
    if (node.type === TYPE.link) throw refused('loop');
    if (flags & OPEN.folder && node.type !== TYPE.folder) throw refused('notdir');
    if (node.type === TYPE.folder && (flags & OPEN.truncate || (writes && !(flags & OPEN.folder))))
      throw refused('isdir');
    if (node.type === TYPE.file && flags & OPEN.truncate) tree.resize(node, 0);
    return node;
  };

  return {
    path_create_directory: (fd: number, path: number, length: number) => tree.makeFolder(find(fd, path, length)),
    path_filestat_get: (fd: number, lookup: number, path: number, length: number, out: number) =>
      writeStat(guest, out, there(find(fd, path, length, (lookup & FOLLOW) !== 0))),
    path_filestat_set_times: (
      fd: number,
      lookup: number,
      path: number,
      length: number,
      accessed: bigint,
      modified: bigint,
      flags: number,
    ) => newTimes(there(find(fd, path, length, (lookup & FOLLOW) !== 0)), host.time, accessed, modified, flags),
    path_link: (
      fromFd: number,
      lookup: number,
      from: number,
      fromLength: number,
      toFd: number,
      to: number,
      toLength: number,
    ) => {
      if (lookup & FOLLOW) throw refused('inval');
      const node = there(find(fromFd, from, fromLength));
      if (node.type === TYPE.folder) throw refused('perm');
      tree.link(find(toFd, to, toLength), node);
    },
    path_open: (
      fd: number,
      lookup: number,
      path: number,
      length: number,
      flags: number,
      base: bigint,
      inheriting: bigint,
      fdFlags: number,
      out: number,
    ) => {
      guest.view(out, 4);
      const [rights, passed] = [BigInt.asUintN(64, base), BigInt.asUintN(64, inheriting)];
      const parent = open.get(fd);
      const writes = (rights & RIGHT.write) !== 0n;
      const on = obtain(fd, guest.path(path, length), lookup, flags, writes);
      const allowed = { rights: rights & parent.inheriting, inheriting: passed & parent.inheriting };
      guest.setU32(out, open.add({ on, at: 0, flags: fdFlags & 0xffff, ...allowed }));
    },
    path_readlink: (fd: number, path: number, length: number, buffer: number, room: number, out: number) => {
      guest.view(out, 4);
      const node = there(find(fd, path, length));
      if (node.type !== TYPE.link) throw refused('inval');
      const target = utf8(node.target).subarray(0, room >>> 0);
      guest.bytes(buffer, room).set(target);
      host.moved(target.length);
      guest.setU32(out, target.length);
    },
    path_remove_directory: (fd: number, path: number, length: number) => {
      const place = find(fd, path, length);
      const node = there(place);
      if (node.type !== TYPE.folder) throw refused('notdir');
      if (node.entries.size > 0) throw refused('notempty');
      tree.remove(place);
    },
    path_rename: (fd: number, from: number, fromLength: number, toFd: number, to: number, toLength: number) =>
      tree.rename(find(fd, from, fromLength), find(toFd, to, toLength)),
    path_symlink: (target: number, targetLength: number, fd: number, path: number, length: number) => {
      const text = guest.path(target, targetLength);
      if (text.startsWith('/')) throw refused('notcapable');
      tree.makeLink(find(fd, path, length), text);
    },
    path_unlink_file: (fd: number, path: number, length: number) => {
      const place = find(fd, path, length);
      if (there(place).type === TYPE.folder) throw refused('isdir');
      tree.remove(place);
    },
  };
}
