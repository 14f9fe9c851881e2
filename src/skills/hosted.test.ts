import { describe, expect, test } from 'vitest';
import { fromUtf8 } from '../crypto';
import { LIMITS } from '../protocol/limits';
import { createHostedRunner } from './hosted';
import { createLocalRunner } from './local';
import { SkillPool } from './pool';
import { runOnce } from './run';
import { serveSkills } from './serve';
import { buildModule, requestFor } from './testkit';
import type { Thread, Timers } from './thread';
import { SkillError, type SkillRunner } from './types';

/** Timers that fire only when told: no test waits for a clock. */
class ManualTimers implements Timers {
  readonly #due = new Map<() => void, number>();
  #heard: (() => void)[] = [];
  now = () => 0;
  after = (ms: number, then: () => void) => {
    this.#due.set(then, ms);
    for (const hear of this.#heard.splice(0)) hear();
    return () => this.#due.delete(then);
  };
  /** Fires the timer of `ms` as soon as there is one. */
  async fire(ms: number): Promise<void> {
    for (;;) {
      const found = [...this.#due].find(([, after]) => after === ms);
      if (found) {
        this.#due.delete(found[0]);
        found[0]();
        return;
      }
      await new Promise<void>((resolve) => this.#heard.push(resolve));
    }
  }
}

/** Runs in this thread: real modules, real ports, no worker to lose. */
const inline = (): SkillRunner => {
  const spawn = (): Thread => ({
    run: (job, { onProgress }) => runOnce(job, { progress: onProgress }),
    end: () => Promise.resolve(),
  });
  return createLocalRunner(new SkillPool({ spawn, workers: 1, spares: 0 }));
};

/** Tabs that lend supervisors over real MessageChannels; closing one frees its lock and says nothing, as in a browser. */
function tabs() {
  const locks = new Map<string, () => void>();
  const opened: { runner: SkillRunner; close: () => void; port: MessagePort }[] = [];
  const waiting: { runner: SkillRunner; speaks: boolean }[] = [];
  const connect = (): Promise<MessagePort> => {
    const next = waiting.shift();
    if (!next) return Promise.reject(new Error('no tab'));
    const { port1, port2 } = new MessageChannel();
    const lock = `lock-${opened.length}`;
    const leave = next.speaks ? serveSkills(port1, next.runner, lock) : () => port1.close();
    const close = () => {
      leave();
      locks.get(lock)?.();
    };
    opened.push({ runner: next.runner, close, port: port1 });
    return Promise.resolve(port2);
  };
  const watchLock = (lock: string, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      locks.set(lock, resolve);
      signal.addEventListener('abort', () => reject(new Error('aborted')));
    });
  const open = (runner: SkillRunner = inline(), speaks = true) => waiting.push({ runner, speaks });
  return { connect, watchLock, open, opened };
}

/** A supervisor in which every run hangs; `reached` resolves when one has. */
function hanging() {
  let arrive: () => void;
  const signals: AbortSignal[] = [];
  const reached = new Promise<void>((resolve) => (arrive = resolve));
  const runner: SkillRunner = {
    run: (_, { signal } = {}) => {
      signals.push(signal!);
      arrive();
      return new Promise((_resolve, reject) => {
        signal!.addEventListener('abort', () => reject(new SkillError('cancelled', 'stopped')));
      });
    },
  };
  return { runner, reached, signals };
}

const request = requestFor(buildModule());

describe('hosted runner', () => {
  test('runs a skill under a tab’s supervisor, over one port for many', async () => {
    const { connect, watchLock, open, opened } = tabs();
    open();
    const runner = createHostedRunner(connect, { watchLock });
    const outcomes = await Promise.all([runner.run(request), runner.run(request)]);
    expect(outcomes.map((outcome) => outcome.kind === 'ok' && fromUtf8(outcome.output))).toEqual(['hello', 'hello']);
    expect(opened).toHaveLength(1);
    runner.dispose();
    opened[0]!.close();
  });

  test('a view into a larger buffer sends only what it shows', async () => {
    const { connect, watchLock, open, opened } = tabs();
    open();
    const runner = createHostedRunner(connect, { watchLock });
    const large = new TextEncoder().encode('before hello after');
    const outcome = await runner.run({ ...request, input: large.subarray(7, 12) });
    expect(outcome.kind === 'ok' && fromUtf8(outcome.output)).toBe('hello');
    runner.dispose();
    opened[0]!.close();
  });

  test('what the supervisor refuses arrives with its code, advice and details', async () => {
    const { connect, watchLock, open, opened } = tabs();
    open();
    const runner = createHostedRunner(connect, { watchLock });
    const refused = runner.run(requestFor(buildModule({ memory: [0, 17] })));
    await expect(refused).rejects.toMatchObject({
      code: 'memory_over_limit',
      advice: 'Build the skill with less of it.',
      details: { count: 17, cap: 16 },
    });
    await expect(refused).rejects.toBeInstanceOf(SkillError);
    runner.dispose();
    opened[0]!.close();
  });

  test('second tab closing in the middle: the run is made again under another', async () => {
    const { connect, watchLock, open, opened } = tabs();
    const { runner: stuck, reached } = hanging();
    open(stuck);
    open();
    const runner = createHostedRunner(connect, { watchLock });
    const run = runner.run(request);
    await reached;
    opened[0]!.close();
    expect(await run).toMatchObject({ kind: 'ok' });
    expect(opened).toHaveLength(2);
    runner.dispose();
    opened[1]!.close();
  });

  test('a run that loses every tab it is tried in is reported, not tried for ever', async () => {
    const { connect, watchLock, open, opened } = tabs();
    const stuck = Array.from({ length: LIMITS.skillRehomes + 1 }, hanging);
    for (const { runner } of stuck) open(runner);
    open();
    const runner = createHostedRunner(connect, { watchLock });
    const run = runner.run(request);
    for (const [i, { reached }] of stuck.entries()) {
      await reached;
      opened[i]!.close();
    }
    expect(await run).toMatchObject({ kind: 'host_fault', reason: 'worker_lost' });
    expect(await runner.run(request)).toMatchObject({ kind: 'ok' });
    runner.dispose();
    opened.at(-1).close();
  });

  test('no tab at all is no_host, and a tab that comes later is used', async () => {
    const { connect, watchLock, open, opened } = tabs();
    const runner = createHostedRunner(connect, { watchLock });
    await expect(runner.run(request)).rejects.toMatchObject({ code: 'no_host' });
    open();
    expect(await runner.run(request)).toMatchObject({ kind: 'ok' });
    runner.dispose();
    opened[0]!.close();
  });

  test('a tab that never answers is no_host after a bounded wait', async () => {
    const timers = new ManualTimers();
    const runner = createHostedRunner(() => new Promise(() => undefined), {
      watchLock: () => new Promise(() => undefined),
      timers,
    });
    const run = expect(runner.run(request)).rejects.toMatchObject({ code: 'no_host' });
    await timers.fire(LIMITS.hostCallMs);
    await run;
  });

  test('a supervisor that says nothing is given up for another, and its tab is told of as lost', async () => {
    const { connect, watchLock, open, opened } = tabs();
    open(inline(), false);
    open();
    const lost: AbortSignal[] = [];
    const timers = new ManualTimers();
    const runner = createHostedRunner((signal) => (lost.push(signal), connect()), { watchLock, timers });
    const run = runner.run(request);
    await timers.fire(LIMITS.skillHelloMs);
    expect(await run).toMatchObject({ kind: 'ok' });
    expect(lost.map(({ aborted }) => aborted)).toEqual([true, false]);
    runner.dispose();
    for (const { close } of opened) close();
  });

  test('cancelling reaches the supervisor', async () => {
    const { connect, watchLock, open, opened } = tabs();
    const { runner: stuck, reached, signals } = hanging();
    open(stuck);
    const runner = createHostedRunner(connect, { watchLock });
    const controller = new AbortController();
    const run = runner.run(request, { signal: controller.signal });
    await reached;
    const heard = new Promise<void>((resolve) => signals[0]!.addEventListener('abort', () => resolve()));
    controller.abort();
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    await heard;
    runner.dispose();
    opened[0]!.close();
  });

  test('strange messages are not believed', async () => {
    const { connect, watchLock, open, opened } = tabs();
    const { runner: stuck, reached } = hanging();
    open(stuck);
    const runner = createHostedRunner(connect, { watchLock });
    const run = runner.run(request);
    await reached;
    const { port } = opened[0]!;
    const totals = {
      gas: 1,
      price: 1,
      hostCalls: 0,
      hostBytes: 0,
      memorySha256: '00'.repeat(32),
      calls: [],
      logs: [],
      ms: 1,
    };
    const strange: unknown[] = [
      null,
      'ok',
      { type: 'outcome', id: 0 },
      { type: 'outcome', id: 0, outcome: { kind: 'ok', output: 'text', ...totals } },
      { type: 'outcome', id: 7, outcome: { kind: 'trap', message: '', ...totals } },
      { type: 'outcome', id: 0, outcome: { kind: 'trap', message: '', ...totals, gas: 0.5 } },
      { type: 'progress', id: 0, permille: 1001, note: '' },
      { type: 'outcome', id: 0, outcome: { kind: 'ok', output: new Uint8Array(), ...totals, ms: -1 } },
      { type: 'refused', id: 0, error: { code: 'made_up', message: '' } },
    ];
    for (const message of strange) port.postMessage(message);
    port.postMessage({ type: 'outcome', id: 0, outcome: { kind: 'trap', message: 'the true one', ...totals } });
    expect(await run).toMatchObject({ message: 'the true one' });
    runner.dispose();
    opened[0]!.close();
  });

  test('after dispose nothing runs', async () => {
    const { connect, watchLock, open, opened } = tabs();
    const { runner: stuck, reached } = hanging();
    open(stuck);
    const runner = createHostedRunner(connect, { watchLock });
    const run = runner.run(request);
    await reached;
    runner.dispose();
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    await expect(runner.run(request)).rejects.toMatchObject({ code: 'cancelled' });
    opened[0]!.close();
  });
});
