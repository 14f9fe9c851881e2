import { describe, expect, test } from 'vitest';
import { LIMITS } from '../protocol/limits';
import { NodeError } from './errors';
import { Supervisor } from './supervisor';
import type { SubsystemName } from '../protocol/messages';

/** A clock and a timetable moved by hand. */
function bench() {
  let now = 0;
  const due: { at: number; task: () => void }[] = [];
  const waits: number[] = [];
  const supervisor = new Supervisor(
    { now: () => now },
    (task, ms) => {
      const item = { at: now + ms, task };
      due.push(item);
      waits.push(ms);
      return () => void due.splice(due.indexOf(item), 1);
    },
    () => undefined,
  );
  const pass = async (ms: number) => {
    now += ms;
    for (const item of due.filter((d) => d.at <= now)) {
      due.splice(due.indexOf(item), 1);
      item.task();
    }
    await settle();
  };
  return { supervisor, pass, waits };
}
const settle = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};
const state = (s: Supervisor, name: SubsystemName) => s.health().find((h) => h.name === name)!;

describe('supervisor', () => {
  test('one that throws is reported and restarted, its dependants with it, the others go on', async () => {
    const { supervisor, pass } = bench();
    const starts: string[] = [];
    const add = (name: SubsystemName, needs: SubsystemName[]) =>
      supervisor.add({ name, needs, start: async () => void starts.push(name) });
    await add('log', []);
    await add('kernel', ['log']);
    await add('skills', []);
    await expect(supervisor.guard('log', () => Promise.reject(new Error('boom')))).rejects.toThrow('boom');
    expect(state(supervisor, 'log')).toMatchObject({ state: 'restarting', message: 'boom' });
    expect(state(supervisor, 'kernel').state).toBe('restarting');
    expect(state(supervisor, 'skills').state).toBe('up');
    expect(() => supervisor.get('kernel')).toThrow(NodeError);
    await pass(LIMITS.restartFirstMs);
    expect(supervisor.health().every((h) => h.state === 'up')).toBe(true);
    expect(starts).toEqual(['log', 'kernel', 'skills', 'log', 'kernel']);
  });

  test('a typed refusal is an answer, not a failure', async () => {
    const { supervisor } = bench();
    await supervisor.add({ name: 'log', needs: [], start: async () => 1 });
    await expect(
      supervisor.guard('log', () => Promise.reject(new NodeError('not_found', 'no such entry'))),
    ).rejects.toThrow('no such entry');
    expect(state(supervisor, 'log').state).toBe('up');
  });

  test('back-off doubles, stops growing, and starts over after a long time up', async () => {
    const { supervisor, pass, waits } = bench();
    await supervisor.add({ name: 'skills', needs: [], start: async () => 1 });
    for (let i = 0; i < 9; i++) {
      supervisor.fail('skills', new Error('x'));
      await pass(waits.at(-1));
    }
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    await pass(LIMITS.restartMaxMs + 1);
    supervisor.fail('skills', new Error('y'));
    expect(waits.at(-1)).toBe(LIMITS.restartFirstMs);
  });

  test('a start that keeps failing keeps waiting longer and never gives up', async () => {
    const { supervisor, pass } = bench();
    let tries = 0;
    await supervisor.add({
      name: 'skills',
      needs: [],
      start: async () => {
        tries += 1;
        if (tries > 1 && tries < 4) throw new Error('no host');
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
  });
});
