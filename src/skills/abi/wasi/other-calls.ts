import { utf8 } from '../../../crypto';
import { Done, Stop } from '../stop';
import { clockOf } from './clock';
import { refused } from './errno';
import type { Call, Program } from './fd-calls';
import { poll } from './poll';

export function otherCalls(program: Program): Record<string, Call> {
  const { host, guest, open } = program;
  const args = ['skill', ...host.args].map((text) => utf8(`${text}\0`));
  const argBytes = args.reduce((sum, { length }) => sum + length, 0);
  const socket = (fd: number): never => {
    open.get(fd);
    throw refused('notsup');
  };
  return {
    args_get: (pointers: number, buffer: number) => {
      const room = guest.bytes(buffer, argBytes);
      const table = guest.view(pointers, args.length * 4);
      host.moved(argBytes);
      let at = 0;
      args.forEach((text, i) => {
        room.set(text, at);
        table.setUint32(i * 4, (buffer >>> 0) + at, true);
        at += text.length;
      });
    },
    args_sizes_get: (count: number, bytes: number) => {
      guest.setU32(count, args.length);
      guest.setU32(bytes, argBytes);
    },
    // A skill has no environment.
    environ_get: () => undefined,
    environ_sizes_get: (count: number, bytes: number) => {
      guest.setU32(count, 0);
      guest.setU32(bytes, 0);
    },
    clock_res_get: (id: number, out: number) => {
      clockOf(program, id);
      guest.setU64(out, 1n);
    },
    clock_time_get: (id: number, _precision: bigint, out: number) => guest.setU64(out, clockOf(program, id)),
    poll_oneoff: (subscriptions: number, events: number, count: number, out: number) =>
      poll(program, subscriptions, events, count, out),
    proc_exit: (status: number) => {
      if (status === 0) throw new Done();
      throw new Stop('exit', `it ended with status ${status}`);
    },
    proc_raise: (signal: number) => {
      throw new Stop('exit', `it raised signal ${signal}`);
    },
    sched_yield: () => undefined,
    random_get: (pointer: number, length: number) => {
      const room = guest.bytes(pointer, length);
      host.moved(room.length);
      host.random(room);
    },
    sock_accept: socket,
    sock_recv: socket,
    sock_send: socket,
    sock_shutdown: socket,
  };
}
