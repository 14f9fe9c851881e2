import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../crypto';
import { requestFor, runHere } from '../../testkit';
import type { SkillRequest } from '../../types';
import { wat } from '../testing/wat';
import { ERRNO } from './errno';

describe('programs', () => {
  const PRINT = `(import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\40\\00\\00\\00\\00\\10\\00\\00")`;
  const COPY =
    '(drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 4))) (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))';
  const run = (start: string, over: Partial<SkillRequest> = {}) =>
    runHere(requestFor(wat(`(module ${PRINT} (func (export "_start") ${start}))`), { abi: 'wasi', ...over }));

  test('a program that copies its input to its output, the same each time', () => {
    const [a, b] = [run(COPY), run(COPY)].map(({ ms: _, ...rest }) => rest);
    expect(a).toMatchObject({ kind: 'ok', output: utf8('hello'), hostCalls: 2, hostBytes: 10 });
    expect(a).toEqual(b);
  });

  test('status 0 is well, any other is an exit, and only what was used is charged', () => {
    expect(run(`${COPY} (call $exit (i32.const 0)) unreachable`)).toMatchObject({ kind: 'ok', output: utf8('hello') });
    const outcome = run(`${COPY} (call $exit (i32.const 3)) unreachable`);
    expect(outcome).toMatchObject({ kind: 'exit', message: 'it ended with status 3' });
    expect(outcome.kind !== 'host_fault' && outcome.gas).toBeLessThan(10_000);
  });

  test('a program that has called its host too often is ended', () => {
    const limits = { ...requestFor(new Uint8Array()).limits, hostCalls: 10 };
    const body = '(loop $l (drop (call $read (i32.const 9) (i32.const 0) (i32.const 0) (i32.const 12))) (br $l))';
    expect(run(body, { limits })).toMatchObject({ kind: 'trap', message: 'it called its host more than 10 times' });
  });

  test('2^29 iovecs are a fault before anything is read', () => {
    const body =
      '(i32.store (i32.const 64) (call $write (i32.const 1) (i32.const 0) (i32.const 0x20000000) (i32.const 12))) (i32.store (i32.const 4) (i32.const 4)) (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))';
    expect(run(body)).toMatchObject({ kind: 'ok', output: Uint8Array.of(ERRNO.fault, 0, 0, 0) });
  });
});
