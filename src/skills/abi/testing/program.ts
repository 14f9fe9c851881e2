import { utf8 } from '../../../crypto';
import { requestFor } from '../../testkit';
import type { SkillRequest } from '../../types';
import { Host } from '../host';
import { GuestMemory } from '../memory';
import { openWasi } from '../wasi';

type Function_ = (...args: (number | bigint)[]) => number;

/** WASI's functions over a real memory, called as a program would call them. */
export function wasiProgram(over: Partial<SkillRequest> = {}) {
  const { args = [], files = {}, ...rest } = { ...requestFor(new Uint8Array(), { abi: 'wasi' }), ...over };
  const host = new Host({ ...rest, args, calls: undefined, link: { progress: () => undefined } });
  const wasm = new WebAssembly.Memory({ initial: 2 });
  const memory = new GuestMemory();
  memory.attach(wasm);
  const { functions, streams, tree } = openWasi({ host, memory, input: rest.input, files });
  const call = functions['wasi_snapshot_preview1'] as unknown as Record<string, Function_>;
  const view = () => new DataView(wasm.buffer);
  const bytes = () => new Uint8Array(wasm.buffer);
  /** Puts text at 1,000 and answers where it is and how long. */
  const text = (value: string, at = 1_000): [pointer: number, length: number] => {
    const encoded = utf8(value);
    bytes().set(encoded, at);
    return [at, encoded.length];
  };
  /** One iovec at 16. */
  const vector = (pointer: number, length: number): [vectors: number, count: number] => {
    view().setUint32(16, pointer, true);
    view().setUint32(20, length, true);
    return [16, 1];
  };
  const u32 = (at: number) => view().getUint32(at, true);
  const u64 = (at: number) => view().getBigUint64(at, true);
  const program = { call, host, streams, tree, memory: wasm, view, bytes, text, vector, u32, u64 };
  return {
    ...program,
    /** The new descriptor, or the errno as a negative number. */
    open: (path: string, flags = 0, rights = -1n, folder = 3, lookup = 1): number => {
      const errno = call['path_open']!(folder, lookup, ...text(path), flags, rights, -1n, 0, 0);
      return errno === 0 ? u32(0) : -errno;
    },
    read: (fd: number, length = 100): string | number => {
      const errno = call['fd_read']!(fd, ...vector(2_000, length), 0);
      return errno === 0 ? new TextDecoder().decode(bytes().slice(2_000, 2_000 + u32(0))) : -errno;
    },
    write: (fd: number, value: string): number => {
      const errno = call['fd_write']!(fd, ...vector(...text(value)), 0);
      return errno === 0 ? u32(0) : -errno;
    },
    /** A call with one path, and its errno. */
    path: (name: string, value: string, fd = 3): number => call[name]!(fd, ...text(value)),
    stat: (path: string, lookup = 1) => {
      const errno = call['path_filestat_get']!(3, lookup, ...text(path), 64);
      if (errno !== 0) return -errno;
      return { type: bytes()[64 + 16], links: u64(64 + 24), size: u64(64 + 32) };
    },
    list: (fd: number, room = 4_096): string[] => {
      const names: string[] = [];
      for (let cookie = 0n; ;) {
        const errno = call['fd_readdir']!(fd, 4_096, room, cookie, 0);
        if (errno !== 0) throw new Error(String(errno));
        const used = u32(0);
        let at = 4_096;
        for (; at + 24 <= 4_096 + used; at += 24 + u32(at + 16)) {
          const end = at + 24 + u32(at + 16);
          if (end > 4_096 + used) break;
          names.push(new TextDecoder().decode(bytes().slice(at + 24, end)));
          cookie = u64(at);
        }
        if (used < room) return names;
      }
    },
  };
}
