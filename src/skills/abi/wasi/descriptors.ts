import { LIMITS } from '../../../protocol/limits';
import { refused } from './errno';
import { TYPE, type File, type FileTree, type Folder, type Node } from './tree';

/** Bits of WASI's `rights` that decide what a descriptor may do. */
export const RIGHT = { read: 1n << 1n, write: 1n << 6n } as const;
const ALL_RIGHTS = (1n << 30n) - 1n;
/** A bit of `fdflags`. */
export const APPEND = 1;

export type StreamName = 'stdin' | 'stdout' | 'stderr';
export interface Descriptor {
  on: StreamName | Node;
  at: number;
  flags: number;
  rights: bigint;
  inheriting: bigint;
  /** The folder that the program finds open, with this name. */
  preopened?: string;
}

/** What a program has open. 0 to 2 are its streams, 3 is the root of its files. */
export class Descriptors {
  readonly #tree: FileTree;
  readonly #open = new Map<number, Descriptor>();

  constructor(tree: FileTree) {
    this.#tree = tree;
    const rest = { at: 0, flags: 0, inheriting: ALL_RIGHTS };
    this.#open.set(0, { ...rest, on: 'stdin', rights: RIGHT.read });
    this.#open.set(1, { ...rest, on: 'stdout', rights: RIGHT.write });
    this.#open.set(2, { ...rest, on: 'stderr', rights: RIGHT.write });
    this.#open.set(3, { ...rest, on: tree.root, rights: ALL_RIGHTS, preopened: '/' });
  }

  /** @throws Refused `badf` */
  get(fd: number): Descriptor {
    const found = this.#open.get(fd);
    if (!found) throw refused('badf');
    return found;
  }

  /** @throws Refused `badf`, `notdir` */
  folder(fd: number): Folder {
    const { on } = this.get(fd);
    if (typeof on === 'string' || on.type !== TYPE.folder) throw refused('notdir');
    return on;
  }

  /** An open file. @throws Refused `badf`, `isdir`, `spipe` */
  file(fd: number, right?: bigint): Descriptor & { on: File } {
    const found = this.get(fd);
    if (right !== undefined && (found.rights & right) === 0n) throw refused('badf');
    if (typeof found.on === 'string') throw refused('spipe');
    if (found.on.type !== TYPE.file) throw refused('isdir');
    return found as Descriptor & { on: File };
  }

  /** @throws Refused `mfile` */
  add(descriptor: Descriptor & { on: Node }): number {
    if (this.#open.size >= LIMITS.skillDescriptors) throw refused('mfile');
    let fd = 4;
    while (this.#open.has(fd)) fd += 1;
    this.#tree.open(descriptor.on);
    this.#open.set(fd, descriptor);
    return fd;
  }

  close(fd: number): void {
    const { on } = this.get(fd);
    this.#open.delete(fd);
    if (typeof on !== 'string') this.#tree.close(on);
  }

  /** `to` becomes what `from` was, and `from` is closed. */
  renumber(from: number, to: number): void {
    const moved = this.get(from);
    this.get(to);
    if (from === to) return;
    this.close(to);
    this.#open.delete(from);
    this.#open.set(to, moved);
  }
}
