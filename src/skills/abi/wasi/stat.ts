import { refused } from './errno';
import type { Guest } from './guest';
import { TYPE, type Node } from './tree';

/** WASI's `filestat`; streams have no size and no times. */
export function writeStat(guest: Guest, out: number, node: Node | undefined): void {
  const view = guest.view(out, 64);
  new Uint8Array(view.buffer, view.byteOffset, 64).fill(0);
  view.setUint8(16, node?.type ?? TYPE.unknown);
  view.setBigUint64(24, BigInt(node?.links ?? 1), true);
  if (!node) return;
  view.setBigUint64(8, node.ino, true);
  const size = node.type === TYPE.file ? node.size : node.type === TYPE.link ? node.target.length : 0;
  view.setBigUint64(32, BigInt(size), true);
  view.setBigUint64(40, node.accessed, true);
  view.setBigUint64(48, node.modified, true);
  view.setBigUint64(56, node.changed, true);
}

/** Bits of `fstflags`. */
const SET = { accessed: 1, accessedNow: 2, modified: 4, modifiedNow: 8 } as const;

/** @throws Refused `inval` for a time that is both given and now */
export function newTimes(node: Node, now: bigint, accessed: bigint, modified: bigint, flags: number): void {
  if (flags & ~15) throw refused('inval');
  if ((flags & 3) === 3 || (flags & 12) === 12) throw refused('inval');
  if (flags & SET.accessed) node.accessed = BigInt.asUintN(64, accessed);
  if (flags & SET.accessedNow) node.accessed = now;
  if (flags & SET.modified) node.modified = BigInt.asUintN(64, modified);
  if (flags & SET.modifiedNow) node.modified = now;
  node.changed = now;
}
