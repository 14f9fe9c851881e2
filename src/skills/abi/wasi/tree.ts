import { LIMITS } from '../../../protocol/limits';
import { HOST_GAS } from '../weights';
import type { Host } from '../host';
import { refused } from './errno';

/** WASI's `filetype`. */
export const TYPE = { unknown: 0, folder: 3, file: 4, link: 7 } as const;

interface Stamps {
  readonly ino: bigint;
  links: number;
  /** Nanoseconds on the virtual clock. */
  accessed: bigint;
  modified: bigint;
  changed: bigint;
}
export interface Folder extends Stamps {
  type: typeof TYPE.folder;
  /** The folder that it is in; none for the root. */
  above: Folder | undefined;
  entries: Map<string, Entry>;
  /** The next entry's `serial`. */
  next: bigint;
}
export interface File extends Stamps {
  type: typeof TYPE.file;
  /** Descriptors on it: a file is gone when it has neither these nor links. */
  opened: number;
  /** Its contents are the first `size` bytes. */
  bytes: Uint8Array<ArrayBuffer>;
  size: number;
}
export interface Link extends Stamps {
  type: typeof TYPE.link;
  target: string;
}
export type Node = Folder | File | Link;
export interface Entry {
  node: Node;
  /** Its place in listings, which the coming and going of others does not change. */
  serial: bigint;
}

/** Where a path leads. `parent` is absent for the folder that it starts from and for `.` and `..` at its end. */
export interface Place {
  parent: Folder | undefined;
  name: string;
  node: Node | undefined;
}

const MAX_LINKS = 32;
/** 1 and 2 are `.` and `..`. */
const FIRST_SERIAL = 3n;

/** A program's files: all of them in memory, gone with the run. */
export class FileTree {
  readonly root: Folder;
  readonly #host: Host;
  readonly #mostBytes: number;
  #nodes = 0n;
  /** Names that were ever made: a link is one, and takes as much of the host's memory as a file. */
  #entries = 0;
  #mostEntries = Infinity;
  #bytes = 0;

  /** @param mostBytes of all that the program adds */
  constructor(host: Host, files: Readonly<Record<string, Uint8Array>>, mostBytes: number) {
    this.#host = host;
    for (const { length } of Object.values(files)) this.#bytes += length;
    this.#mostBytes = this.#bytes + mostBytes;
    this.root = this.#folder(undefined);
    // In order of their names, so that listings do not depend on the order in which they were declared.
    for (const path of Object.keys(files).sort()) this.#declare(path.split('/'), files[path]!);
    this.#mostEntries = this.#entries + LIMITS.skillFiles;
  }

  /** @throws Refused `noent`, `notdir`, `notcapable` (it leads out), `loop` */
  find(from: Folder, path: string, follow: boolean): Place {
    if (path === '') throw refused('noent');
    const rest = path.split('/');
    if (rest[0] === '') throw refused('notcapable');
    const mustBeFolder = rest.at(-1) === '';
    const trail = [from];
    let place: Place = { parent: undefined, name: '.', node: from };
    for (let links = 0, part = rest.shift(); part !== undefined; part = rest.shift()) {
      this.#host.gas.charge(HOST_GAS.name);
      if (place.node?.type !== TYPE.folder) throw refused(place.node ? 'notdir' : 'noent');
      if (part === '' || part === '.') continue;
      if (part === '..') {
        trail.pop();
        const above = trail.at(-1);
        if (!above) throw refused('notcapable');
        place = { parent: undefined, name: '.', node: above };
        continue;
      }
      const folder = place.node;
      const node = folder.entries.get(part)?.node;
      const last = rest.every((item) => item === '');
      if (node?.type === TYPE.link && (follow || mustBeFolder || !last)) {
        if (++links > MAX_LINKS) throw refused('loop');
        const target = node.target.split('/');
        if (target[0] === '') throw refused('notcapable');
        rest.unshift(...target);
        continue;
      }
      place = { parent: folder, name: part, node };
      if (node?.type === TYPE.folder) trail.push(node);
      if (!node && last) return place;
    }
    return place;
  }

  /** @throws Refused `exist`, `noent`, `nospc` */
  makeFolder(place: Place): void {
    this.#add(place, (above) => this.#folder(above));
  }
  makeFile(place: Place): File {
    return this.#add(place, () => this.#file(new Uint8Array()));
  }
  makeLink(place: Place, target: string): void {
    this.#add(place, () => ({ type: TYPE.link, target, ...this.#stamps() }));
  }

  /** Another name for what is there. */
  link(place: Place, node: Node): void {
    this.#add(place, () => node);
    node.links += 1;
  }

  remove({ parent, name, node }: Place): void {
    if (!parent || !node) throw refused(node ? 'inval' : 'noent');
    parent.entries.delete(name);
    this.#touch(parent);
    node.links -= 1;
    if (node.type === TYPE.file) this.#forget(node);
  }

  open(node: Node): void {
    if (node.type === TYPE.file) node.opened += 1;
  }
  close(node: Node): void {
    if (node.type !== TYPE.file) return;
    node.opened -= 1;
    this.#forget(node);
  }

  /** @throws Refused as POSIX rename does */
  rename(from: Place, to: Place): void {
    if (!from.node) throw refused('noent');
    if (!from.parent || !to.parent) throw refused('inval');
    if (from.node === to.node) return;
    if (from.node.type === TYPE.folder && this.#holds(from.node, to.parent)) throw refused('inval');
    if (to.node) {
      const into = to.node.type === TYPE.folder;
      if (from.node.type === TYPE.folder && !into) throw refused('notdir');
      if (from.node.type !== TYPE.folder && into) throw refused('isdir');
      if (to.node.type === TYPE.folder && to.node.entries.size > 0) throw refused('notempty');
      this.remove(to);
    }
    const { node } = from;
    if (node.type === TYPE.folder) node.above = to.parent;
    from.parent.entries.delete(from.name);
    this.#touch(from.parent);
    to.parent.entries.set(to.name, { node, serial: to.parent.next++ });
    this.#touch(to.parent);
  }

  /** @throws Refused `fbig`, `nospc` */
  resize(file: File, size: number): void {
    if (size > this.#mostBytes) throw refused('fbig');
    const more = size - file.size;
    if (more > 0 && this.#bytes + more > this.#mostBytes) throw refused('nospc');
    this.#host.gas.charge(Math.max(0, more));
    this.#bytes += more;
    if (size > file.bytes.length) {
      const grown = new Uint8Array(Math.min(this.#mostBytes, Math.max(size, file.bytes.length * 2)));
      grown.set(file.bytes.subarray(0, file.size));
      file.bytes = grown;
    } else if (file.bytes.length > 2 * size) {
      // Its room is given back as well, or many such files would take more than the budget.
      file.bytes = file.bytes.slice(0, size);
    } else if (more < 0) file.bytes.fill(0, size, file.size);
    file.size = size;
    this.#touch(file);
  }

  write(file: File, at: number, data: Uint8Array): void {
    if (at + data.length > file.size) this.resize(file, at + data.length);
    file.bytes.set(data, at);
    this.#touch(file);
  }

  #touch(node: Node): void {
    node.modified = node.changed = this.#host.time;
  }

  /** What a file without a name and without a reader held may be used again. */
  #forget(file: File): void {
    if (file.links > 0 || file.opened > 0) return;
    this.#bytes -= file.size;
    file.size = 0;
    file.bytes = new Uint8Array();
  }

  #holds(folder: Folder, other: Folder): boolean {
    for (let at: Folder | undefined = other; at; at = at.above) {
      this.#host.gas.charge(HOST_GAS.name);
      if (at === folder) return true;
    }
    return false;
  }

  #add<N extends Node>({ parent, name, node }: Place, make: (above: Folder) => N): N {
    if (node) throw refused('exist');
    if (!parent) throw refused('noent');
    if (this.#entries >= this.#mostEntries) throw refused('nospc');
    this.#entries += 1;
    const made = make(parent);
    parent.entries.set(name, { node: made, serial: parent.next++ });
    this.#touch(parent);
    return made;
  }

  #declare(parts: string[], contents: Uint8Array): void {
    let folder = this.root;
    for (const part of parts.slice(0, -1)) {
      const found = folder.entries.get(part)?.node;
      if (found?.type === TYPE.folder) folder = found;
      else folder = this.#add({ parent: folder, name: part, node: undefined }, (above) => this.#folder(above));
    }
    const name = parts.at(-1) ?? '';
    // A file where another's folder already is would hide it.
    if (!folder.entries.has(name))
      this.#add({ parent: folder, name, node: undefined }, () => this.#file(contents.slice()));
  }

  #stamps(): Stamps {
    const time = this.#host.time;
    return { ino: ++this.#nodes, links: 1, accessed: time, modified: time, changed: time };
  }
  #folder(above: Folder | undefined): Folder {
    return { type: TYPE.folder, above, entries: new Map(), next: FIRST_SERIAL, ...this.#stamps() };
  }
  #file(bytes: Uint8Array<ArrayBuffer>): File {
    return { type: TYPE.file, opened: 0, bytes, size: bytes.length, ...this.#stamps() };
  }
}
