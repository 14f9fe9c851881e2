import { describe, expect, test } from 'vitest';
import { LIMITS } from '../protocol/limits';
import type { Job } from './run';
import { jobOf } from './local';
import { SkillPool, TIDY_MS, type Work } from './pool';
import { buildModule, requestFor } from './testkit';
import type { RunEvents, Thread, Timers } from './thread';
import type { SkillOutcome } from './types';

const job = jobOf(requestFor(buildModule()), new WebAssembly.Module(buildModule()), 1_000, false);
const work = (over: Partial<Work> = {}): Work => ({
  job,
  wallMs: 100,
  events: () => ({ onProgress: () => undefined, call: () => Promise.resolve({ error: 'no world' }) }),
  ...over,
});
const ok: SkillOutcome = {
  ...{ kind: 'ok', output: new Uint8Array(), ms: 1, gas: 1, price: 1, hostCalls: 0, hostBytes: 0 },
  ...{ memorySha256: '', calls: [], logs: [] },
};

/** A worker whose end the test decides. */
class Puppet implements Thread {
  started = false;
  ended = false;
  answer!: (outcome: SkillOutcome) => void;
  lose!: (error: Error) => void;
  gone!: () => void;

  events!: RunEvents;

  run(_: Job, events: RunEvents): Promise<SkillOutcome> {
    this.started = true;
    this.events = events;
    return new Promise((resolve, reject) => {
      this.answer = resolve;
      this.lose = reject;
    });
  }

  end(): Promise<void> {
    this.ended = true;
    return new Promise((resolve) => (this.gone = resolve));
  }
}

class ManualTimers implements Timers {
  #time = 0;
  readonly #due = new Set<{ at: number; then: () => void }>();
  now = () => this.#time;
  after = (ms: number, then: () => void) => {
    const timer = { at: this.#time + ms, then };
    this.#due.add(timer);
    return () => this.#due.delete(timer);
  };
  pass(ms: number): void {
    this.#time += ms;
    for (const timer of [...this.#due]) {
      if (timer.at > this.#time) continue;
      this.#due.delete(timer);
      timer.then();
    }
  }
}

function setUp(workers = 2, spares = 0) {
  const threads: Puppet[] = [];
  const timers = new ManualTimers();
  const spawn = () => {
    const thread = new Puppet();
    threads.push(thread);
    return thread;
  };
  return { pool: new SkillPool({ spawn, workers, spares, timers }), threads, timers };
}

describe('skill pool', () => {
  test('every run has a worker of its own, ended afterwards', async () => {
    const { pool, threads, timers } = setUp();
    for (let i = 0; i < 3; i++) {
      const run = pool.run(work());
      threads[i]!.answer(ok);
      expect(await run).toEqual(ok);
    }
    timers.pass(TIDY_MS);
    expect(threads.map(({ ended }) => ended)).toEqual([true, true, true]);
    expect(pool.stats).toMatchObject({ running: 0, waiting: 0, zombies: 0 });
  });

  test('runs wait their turn and start in order', async () => {
    const { pool, threads } = setUp(1);
    const order: number[] = [];
    const runs = [0, 1, 2].map((i) => pool.run(work()).then(() => order.push(i)));
    expect(pool.stats).toMatchObject({ running: 1, waiting: 2 });
    for (let i = 0; i < 3; i++) {
      threads[i]!.answer(ok);
      await runs[i];
    }
    expect(order).toEqual([0, 1, 2]);
  });

  test('a full queue answers overloaded, and the queued runs are still made', async () => {
    const { pool, threads } = setUp(1);
    const principal = (i: number) => `p${Math.floor(i / LIMITS.skillQueueEach)}`;
    const runs = Array.from({ length: LIMITS.skillQueue + 1 }, (_, i) =>
      pool.run(work({ principal: principal(i - 1) })),
    );
    await expect(pool.run(work({ principal: 'another' }))).rejects.toMatchObject({ code: 'overloaded' });
    for (let i = 0; i < runs.length; i++) {
      threads[i]!.answer(ok);
      await new Promise(setImmediate);
    }
    await Promise.all(runs);
    expect(pool.stats.waiting).toBe(0);
  });

  test('one principal alone does not fill the queue: another still gets in, and his turn comes next', async () => {
    const { pool, threads } = setUp(1);
    const greedy = Array.from({ length: LIMITS.skillQueueEach + 1 }, () => pool.run(work({ principal: 'greedy' })));
    await expect(pool.run(work({ principal: 'greedy' }))).rejects.toMatchObject({ code: 'overloaded' });
    const order: string[] = [];
    const modest = pool.run(work({ principal: 'modest' })).then(() => order.push('modest'));
    for (const [i, run] of greedy.entries()) run.then(() => order.push(`greedy ${i}`)).catch(() => undefined);
    for (let i = 0; i < 3; i++) {
      threads[i]!.answer(ok);
      await new Promise(setImmediate);
    }
    await modest;
    expect(order).toEqual(['greedy 0', 'greedy 1', 'modest']);
    pool.dispose();
    for (const run of greedy.slice(3)) await expect(run).rejects.toMatchObject({ code: 'cancelled' });
  });

  test('the time that the world takes is not the run’s', async () => {
    const { pool, threads, timers } = setUp(1);
    let answer!: () => void;
    const call = () => new Promise<{ error: string }>((resolve) => (answer = () => resolve({ error: 'late' })));
    const run = pool.run(work({ events: () => ({ onProgress: () => undefined, call }) }));
    timers.pass(60);
    const asked = threads[0]!.events.call('http.fetch', new Uint8Array());
    timers.pass(1_000);
    answer();
    await asked;
    timers.pass(39);
    expect(threads[0]!.ended).toBe(false);
    timers.pass(1);
    expect(await run).toMatchObject({ reason: 'timeout' });
  });

  test('a run that lets the world keep its worker is ended at the bound of all its waiting, and another’s starts', async () => {
    const { pool, threads, timers } = setUp(1);
    const answers: (() => void)[] = [];
    const call = () => new Promise<{ error: string }>((resolve) => answers.push(() => resolve({ error: 'late' })));
    const parked = pool.run(work({ principal: 'greedy', events: () => ({ onProgress: () => undefined, call }) }));
    const other = pool.run(work({ principal: 'modest' }));
    for (let i = 0; i < 3; i++) {
      const asked = threads[0]!.events.call('http.fetch', new Uint8Array());
      timers.pass(LIMITS.skillWorldMs / 4);
      answers[i]!();
      await asked;
    }
    const late = threads[0]!.events.call('http.fetch', new Uint8Array());
    timers.pass(LIMITS.skillWorldMs / 4 - 1);
    expect(threads).toHaveLength(1);
    timers.pass(1);
    const message = expect.stringContaining('waited for the world') as string;
    expect(await parked).toMatchObject({ kind: 'host_fault', reason: 'timeout', message });
    expect(threads[0]!.ended).toBe(true);
    // An answer that comes after all wakes nothing.
    answers[3]!();
    await late;
    threads[1]!.answer(ok);
    expect(await other).toEqual(ok);
  });

  test('a run that does not end is ended by its timeout', async () => {
    const { pool, threads, timers } = setUp();
    const run = pool.run(work());
    timers.pass(99);
    expect(threads[0]!.ended).toBe(false);
    timers.pass(1);
    expect(await run).toMatchObject({ kind: 'host_fault', reason: 'timeout', ms: 100 });
    expect(threads[0]!.ended).toBe(true);
  });

  test('an answer after the timeout changes nothing', async () => {
    const { pool, threads, timers } = setUp();
    const run = pool.run(work());
    timers.pass(100);
    threads[0]!.answer(ok);
    expect(await run).toMatchObject({ reason: 'timeout' });
    expect(pool.stats).toMatchObject({ running: 0, zombies: 1 });
  });

  test('at the cap of zombies nothing starts until one is gone', async () => {
    const { pool, threads, timers } = setUp(LIMITS.skillZombies + 1);
    const stuck = Array.from({ length: LIMITS.skillZombies }, () => pool.run(work()));
    timers.pass(100);
    await Promise.all(stuck);
    expect(pool.stats.zombies).toBe(LIMITS.skillZombies);
    const next = pool.run(work());
    expect(pool.stats).toMatchObject({ waiting: 1, running: 0 });
    threads[0]!.gone();
    await Promise.resolve();
    expect(pool.stats).toMatchObject({ waiting: 0, running: 1, zombies: LIMITS.skillZombies - 1 });
    threads.at(-1).answer(ok);
    expect(await next).toEqual(ok);
  });

  test('a zombie that never says it is gone stops counting after a while', async () => {
    const { pool, timers } = setUp();
    const stuck = pool.run(work());
    timers.pass(100);
    await stuck;
    timers.pass(LIMITS.skillZombieMs - 1);
    expect(pool.stats.zombies).toBe(1);
    timers.pass(1);
    expect(pool.stats.zombies).toBe(0);
  });

  test('a run whose worker was lost is made once more, then reported', async () => {
    const { pool, threads } = setUp();
    const first = pool.run(work());
    threads[0]!.lose(new Error('gone'));
    await Promise.resolve().then(() => undefined);
    threads[1]!.answer(ok);
    expect(await first).toEqual(ok);
    const second = pool.run(work());
    threads[2]!.lose(new Error('gone'));
    await Promise.resolve().then(() => undefined);
    threads[3]!.lose(new Error('gone again'));
    expect(await second).toMatchObject({ kind: 'host_fault', reason: 'worker_lost', message: 'gone again' });
  });

  test('a realm that cannot start workers is reported, and the pool stays usable', async () => {
    const pool = new SkillPool({
      workers: 1,
      spares: 0,
      spawn: () => {
        throw new Error('blocked');
      },
    });
    for (let i = 0; i < 2; i++) {
      expect(await pool.run(work())).toMatchObject({ reason: 'worker_lost', message: 'blocked' });
    }
  });

  test('cancelling a waiting run takes it out of the queue; a running one loses its worker', async () => {
    const { pool, threads } = setUp(1);
    const [running, waiting] = [new AbortController(), new AbortController()];
    const runs = [pool.run(work({ signal: running.signal })), pool.run(work({ signal: waiting.signal }))];
    waiting.abort();
    await expect(runs[1]).rejects.toMatchObject({ code: 'cancelled' });
    expect(threads).toHaveLength(1);
    running.abort();
    await expect(runs[0]).rejects.toMatchObject({ code: 'cancelled' });
    expect(threads[0]!.ended).toBe(true);
    expect(pool.stats).toMatchObject({ running: 0, waiting: 0, zombies: 1 });
    await expect(pool.run(work({ signal: running.signal }))).rejects.toMatchObject({ code: 'cancelled' });
  });

  test('a spare is started when a run has ended, not beside it, and taken by the next', async () => {
    const { pool, threads, timers } = setUp(2, 1);
    const first = pool.run(work());
    timers.pass(TIDY_MS);
    expect(threads.map(({ started }) => started)).toEqual([true]);
    threads[0]!.answer(ok);
    await first;
    expect(threads).toHaveLength(1);
    timers.pass(TIDY_MS);
    expect(threads.map(({ started }) => started)).toEqual([true, false]);
    expect(pool.stats.spares).toBe(1);
    void pool.run(work());
    expect(threads.map(({ started }) => started)).toEqual([true, true]);
  });

  test('while runs wait, a spare is started beside those under way', async () => {
    const { pool, threads } = setUp(1, 1);
    const first = pool.run(work());
    expect(threads).toHaveLength(1);
    const second = pool.run(work());
    expect(threads.map(({ started }) => started)).toEqual([true, false]);
    threads[0]!.answer(ok);
    await first;
    expect(threads.map(({ started }) => started)).toEqual([true, true]);
    threads[1]!.answer(ok);
    expect(await second).toEqual(ok);
  });

  test('a run that is stopped leaves a spare as well; a pool that is disposed of starts none', async () => {
    const { pool, threads, timers } = setUp(1, 1);
    const stop = new AbortController();
    const stopped = pool.run(work({ signal: stop.signal }));
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    timers.pass(TIDY_MS);
    expect(threads.map(({ started }) => started)).toEqual([true, false]);
    const last = pool.run(work());
    threads[1]!.answer(ok);
    await last;
    pool.dispose();
    timers.pass(TIDY_MS);
    expect(threads).toHaveLength(2);
  });

  test('disposing cancels everything and ends every worker', async () => {
    const { pool, threads } = setUp(1, 1);
    const runs = [pool.run(work()), pool.run(work())];
    pool.dispose();
    for (const run of runs) await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    await expect(pool.run(work())).rejects.toMatchObject({ code: 'cancelled' });
    expect(threads.every(({ ended }) => ended)).toBe(true);
  });
});
