import { describe, expect, test } from 'vitest';
import { LIMITS } from '../protocol/limits';
import type { SubsystemName } from '../protocol/messages';
import { StorageError } from '../storage';
import { NodeError } from './errors';
import { HaltError } from './halts';
import type { Life } from './life';
import type { Restarted } from './restart-notes';
import { Supervisor } from './supervisor';

/** A clock and a timetable moved by hand. */
function bench() {
  let now = 0;
  const due: { at: number; task: () => void }[] = [];
  const waits: number[] = [];
  const restarted: Restarted[] = [];
  const ended: unknown[] = [];
  const supervisor = new Supervisor(
    { now: () => now },
    (task, ms) => {
      const item = { at: now + ms, task };
      due.push(item);
      if (ms !== LIMITS.restartStopMs) waits.push(ms);
      return () => {
        if (due.includes(item)) due.splice(due.indexOf(item), 1);
      };
    },
    {
      changed: () => undefined,
      failed: () => undefined,
      restarted: (note) => restarted.push(note),
      ended: (error) => ended.push(error),
    },
  );
  const pass = async (ms: number) => {
    now += ms;
    for (const item of due.filter((d) => d.at <= now)) {
      due.splice(due.indexOf(item), 1);
      item.task();
    }
    await settle();
  };
  return { supervisor, pass, waits, restarted, ended };
}
const settle = async () => {
  for (let i = 0; i < 60; i++) await Promise.resolve();
};
const state = (s: Supervisor, name: SubsystemName) => s.health().find((h) => h.name === name)!;

interface Part {
  life: number;
  work(fail?: Error): Promise<string>;
}
const part = (life: Life): Promise<Part> =>
  Promise.resolve({
    life: life.restarts,
    work: async (fail) => {
      if (fail !== undefined) throw fail;
      return `life ${life.restarts}`;
    },
  });
const get = (s: Supervisor, name: SubsystemName) => s.get(name) as Part;

describe('supervisor', () => {
  test('one that throws is reported and restarted, its dependants with it, the others go on', async () => {
    const { supervisor, pass, restarted } = bench();
    const starts: string[] = [];
    const add = (name: SubsystemName, needs: SubsystemName[]) =>
      supervisor.add({
        name,
        needs,
        start: (life) => {
          starts.push(name);
          return part(life);
        },
      });
    await add('log', []);
    await add('kernel', ['log']);
    await add('skills', []);
    await expect(get(supervisor, 'log').work(new Error('boom'))).rejects.toThrow('boom');
    expect(state(supervisor, 'log')).toMatchObject({ state: 'restarting', message: 'boom' });
    expect(state(supervisor, 'kernel').state).toBe('restarting');
    expect(await get(supervisor, 'skills').work()).toBe('life 0');
    expect(() => supervisor.get('kernel')).toThrow(NodeError);
    expect(restarted).toEqual([]);
    await pass(LIMITS.restartFirstMs);
    expect(supervisor.health().every((h) => h.state === 'up')).toBe(true);
    expect(starts).toEqual(['log', 'kernel', 'skills', 'log', 'kernel']);
    expect(await get(supervisor, 'kernel').work()).toBe('life 1');
    expect(restarted).toEqual([
      { name: 'log', restarts: 1, message: 'boom' },
      { name: 'kernel', restarts: 1, message: 'boom' },
    ]);
  });

  test('a typed refusal is an answer, not a failure; a store that went away is one', async () => {
    const { supervisor } = bench();
    await supervisor.add({ name: 'storage', needs: [], start: part });
    const storage = get(supervisor, 'storage');
    const refused = new StorageError('quota_exceeded', 'full');
    await expect(storage.work(refused)).rejects.toBe(refused);
    expect(state(supervisor, 'storage').state).toBe('up');
    await expect(storage.work(new StorageError('unavailable', 'gone'))).rejects.toThrow('gone');
    expect(state(supervisor, 'storage').state).toBe('restarting');
  });

  test('a failure is counted once, where it happened, however many hands it passes through', async () => {
    const { supervisor } = bench();
    await supervisor.add({ name: 'log', needs: [], start: part });
    await supervisor.add({
      name: 'kernel',
      needs: [],
      start: async () => ({ act: (fail: Error) => get(supervisor, 'log').work(fail) }),
    });
    const kernel = supervisor.get('kernel') as { act(fail: Error): Promise<string> };
    await expect(kernel.act(new Error('boom'))).rejects.toThrow('boom');
    expect(state(supervisor, 'log').state).toBe('restarting');
    expect(state(supervisor, 'kernel').state).toBe('up');
  });

  test('what is thrown while items are read counts too', async () => {
    const { supervisor } = bench();
    await supervisor.add({
      name: 'log',
      needs: [],
      start: async () => ({
        async *lines() {
          yield 1;
          throw new Error('torn');
        },
      }),
    });
    const seen: number[] = [];
    const read = async () => {
      for await (const n of (supervisor.get('log') as { lines(): AsyncIterable<number> }).lines()) seen.push(n);
    };
    await expect(read()).rejects.toThrow('torn');
    expect(seen).toEqual([1]);
    expect(state(supervisor, 'log')).toMatchObject({ state: 'restarting', message: 'torn' });
  });

  test('an earlier life can neither act nor fail its successor', async () => {
    const { supervisor, pass } = bench();
    const lives: Part[] = [];
    await supervisor.add({ name: 'log', needs: [], start: part });
    await supervisor.add({
      name: 'kernel',
      needs: [],
      start: async (life) => {
        lives.push(life.lend(() => get(supervisor, 'log')));
        return part(life);
      },
    });
    const old = get(supervisor, 'kernel');
    supervisor.fail('kernel', new Error('x'));
    await pass(LIMITS.restartFirstMs);
    expect(() => lives[0]!.work()).toThrow(expect.objectContaining({ code: 'subsystem_down' }));
    expect(await lives[1]!.work()).toBe('life 0');
    await expect(old.work(new Error('late'))).rejects.toThrow('late');
    expect(state(supervisor, 'kernel').state).toBe('up');
  });

  test('back-off doubles, stops growing, and starts over after a long time up', async () => {
    const { supervisor, pass, waits } = bench();
    await supervisor.add({ name: 'skills', needs: [], start: part });
    for (let i = 0; i < 9; i++) {
      supervisor.fail('skills', new Error('x'));
      await pass(waits.at(-1));
    }
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(state(supervisor, 'skills').restarts).toBe(9);
    await pass(LIMITS.restartMaxMs + 1);
    supervisor.fail('skills', new Error('y'));
    expect(waits.at(-1)).toBe(LIMITS.restartFirstMs);
  });

  test('a start that keeps failing keeps waiting longer and never gives up', async () => {
    const { supervisor, pass, restarted } = bench();
    let tries = 0;
    await supervisor.add({
      name: 'skills',
      needs: [],
      start: async (life) => {
        tries += 1;
        if (tries > 1 && tries < 4) throw new Error('no host');
        return part(life);
      },
    });
    supervisor.fail('skills', new Error('lost'));
    await pass(LIMITS.restartFirstMs);
    expect(state(supervisor, 'skills')).toMatchObject({ message: 'no host' });
    await pass(LIMITS.restartFirstMs);
    expect(tries).toBe(2);
    await pass(LIMITS.restartFirstMs);
    expect(tries).toBe(3);
    await pass(4 * LIMITS.restartFirstMs);
    expect(state(supervisor, 'skills').state).toBe('up');
    expect(restarted).toEqual([{ name: 'skills', restarts: 1, message: 'no host' }]);
  });

  test('a first start that fails is the caller’s only where there is no node without it', async () => {
    const { supervisor, pass } = bench();
    let cedar = false;
    const kernel = async (life: Life) => {
      if (!cedar) throw new Error('offline');
      return part(life);
    };
    await expect(
      supervisor.add({ name: 'storage', needs: [], vital: true, start: () => Promise.reject(new Error('no disk')) }),
    ).rejects.toThrow('no disk');
    await supervisor.add({ name: 'kernel', needs: [], start: kernel });
    await supervisor.add({ name: 'pipeline', needs: ['kernel'], start: part });
    expect(state(supervisor, 'kernel')).toMatchObject({ state: 'restarting', message: 'offline' });
    expect(state(supervisor, 'pipeline').state).toBe('restarting');
    cedar = true;
    await pass(LIMITS.restartFirstMs);
    expect(await get(supervisor, 'pipeline').work()).toBe('life 1');
  });

  test('what no restart mends ends the node, at a restart as in a call', async () => {
    const { supervisor, pass, ended } = bench();
    const broken = new HaltError('log_broken');
    await supervisor.add({
      name: 'log',
      needs: [],
      start: (life) => (life.restarts > 0 ? Promise.reject(broken) : part(life)),
    });
    await supervisor.add({ name: 'storage', needs: [], start: part });
    supervisor.fail('log', new Error('torn'));
    await pass(LIMITS.restartFirstMs);
    expect(ended).toEqual([broken]);
    const lost = new StorageError('writer_lost', 'another one writes');
    await expect(get(supervisor, 'storage').work(lost)).rejects.toBe(lost);
    expect(ended).toEqual([broken, lost]);
  });

  test('its successor waits for what lets go, but not for ever', async () => {
    const { supervisor, pass } = bench();
    await supervisor.add({ name: 'log', needs: [], start: part, stop: () => new Promise<never>(() => undefined) });
    supervisor.fail('log', new Error('x'));
    await pass(LIMITS.restartFirstMs);
    expect(state(supervisor, 'log').state).toBe('restarting');
    await pass(LIMITS.restartStopMs);
    expect(state(supervisor, 'log').state).toBe('up');
  });

  test('stopped in the middle of a restart: nothing comes up afterwards, and all is let go', async () => {
    const { supervisor, pass } = bench();
    let release: (() => void) | undefined;
    let stopped = 0;
    await supervisor.add({
      name: 'log',
      needs: [],
      start: async (life) => {
        if (life.restarts > 0) await new Promise<void>((resolve) => (release = resolve));
        return part(life);
      },
      stop: async () => void stopped++,
    });
    supervisor.fail('log', new Error('x'));
    await pass(LIMITS.restartFirstMs);
    await supervisor.stop();
    release!();
    await settle();
    expect(state(supervisor, 'log').state).toBe('down');
    expect(stopped).toBe(2);
  });
});
