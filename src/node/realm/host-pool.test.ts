import * as Comlink from 'comlink';
import { describe, expect, test } from 'vitest';
import type { HostApi } from '../../protocol/messages';
import { HostPool } from './host-pool';

/** A tab: a real MessageChannel with a real comlink host behind it, and a lock that closing releases. */
function tab(pool: HostPool, locks: Map<string, () => void>, name: string, persist: () => Promise<boolean>) {
  const { port1, port2 } = new MessageChannel();
  const host: Pick<HostApi, 'persistStorage'> = { persistStorage: persist };
  Comlink.expose(host, port2);
  pool.add(port1, name);
  return {
    close: () => {
      locks.get(name)!();
      port2.close();
    },
  };
}

function setUp() {
  const locks = new Map<string, () => void>();
  const due: (() => void)[] = [];
  const pool = new HostPool(
    (name) => new Promise((resolve) => locks.set(name, resolve)),
    () => undefined,
    (_, then) => {
      due.push(then);
      return () => undefined;
    },
  );
  return { pool, locks, due };
}

describe('host pool', () => {
  test('fails over to another tab when one closes in the middle of a call', async () => {
    const { pool, locks } = setUp();
    let asked: (() => void) | undefined;
    const started = new Promise<void>((resolve) => (asked = resolve));
    const first = tab(pool, locks, 'a', () => {
      asked!();
      return new Promise(() => undefined);
    });
    const second = tab(pool, locks, 'b', async () => true);
    const answer = pool.use((host) => host.persistStorage());
    await started;
    first.close();
    expect(await answer).toBe(true);
    expect(pool.size).toBe(1);
    second.close();
  });

  test('a call waits for the first tab to come', async () => {
    const { pool, locks } = setUp();
    const answer = pool.use((host) => host.persistStorage());
    const late = tab(pool, locks, 'late', async () => true);
    expect(await answer).toBe(true);
    late.close();
  });

  test('what the host throws is the caller’s, without a retry', async () => {
    const { pool, locks } = setUp();
    let calls = 0;
    const only = tab(pool, locks, 'a', async () => {
      calls += 1;
      throw new Error('refused');
    });
    await expect(pool.use((host) => host.persistStorage())).rejects.toThrow('refused');
    expect(calls).toBe(1);
    only.close();
  });

  test('what is borrowed lasts until its tab closes, and those who wait for tabs hear of the next', async () => {
    const { pool, locks } = setUp();
    let came = 0;
    pool.onCame(() => (came += 1));
    const first = tab(pool, locks, 'a', async () => true);
    const { lent, gone } = await pool.borrow((host) => host.persistStorage());
    expect(lent).toBe(true);
    first.close();
    await gone;
    const second = tab(pool, locks, 'b', async () => false);
    expect((await pool.borrow((host) => host.persistStorage())).lent).toBe(false);
    expect(came).toBe(2);
    second.close();
  });

  test('a tab that stands still is asked last: another answers now, and first from then on', async () => {
    const { pool, locks, due } = setUp();
    let asked = 0;
    let heard!: () => void;
    const reached = new Promise<void>((resolve) => (heard = resolve));
    const still = tab(pool, locks, 'still', () => {
      asked += 1;
      heard();
      return new Promise(() => undefined);
    });
    const lively = tab(pool, locks, 'lively', async () => true);
    const lost = new AbortController();
    const answer = pool.use((host) => host.persistStorage(), { lost: lost.signal });
    await reached;
    due[0]!();
    expect(await answer).toBe(true);
    expect(await pool.use((host) => host.persistStorage())).toBe(true);
    expect([asked, pool.size]).toEqual([1, 2]);
    still.close();
    lively.close();
  });

  test('a tab whose loan was of no use is asked last', async () => {
    const { pool, locks } = setUp();
    const tabs = ['mute', 'lively'].map((name) => tab(pool, locks, name, async () => name === 'lively'));
    const lost = new AbortController();
    expect(await pool.use((host) => host.persistStorage(), { lost: lost.signal })).toBe(false);
    lost.abort();
    expect(await pool.use((host) => host.persistStorage(), { lost: lost.signal })).toBe(true);
    for (const { close } of tabs) close();
  });
});
