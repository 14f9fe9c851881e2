/** Calls of the world and progress, over a real port between a node and a tab's supervisor. */
import { describe, expect, test } from 'vitest';
import { fromUtf8, utf8 } from '../crypto';
import { createHostedRunner } from './hosted';
import { serveSkills } from './serve';
import { buildModule, requestFor } from './testkit';
import { SkillError, type RunOptions, type SkillHost, type SkillOutcome, type SkillRunner } from './types';

const ok = (output: string): SkillOutcome => ({
  ...{ kind: 'ok', output: utf8(output), ms: 1, gas: 1, price: 1, hostCalls: 0, hostBytes: 0 },
  ...{ memorySha256: '00'.repeat(32), calls: [], logs: [] },
});
const request = requestFor(buildModule());

/** A node whose tabs have these supervisors, one after the other; `close` is a tab's end. */
function node(...runners: SkillRunner['run'][]) {
  const locks = new Map<string, () => void>();
  const close: (() => void)[] = [];
  const connect = (): Promise<MessagePort> => {
    const run = runners[close.length]!;
    const { port1, port2 } = new MessageChannel();
    const lock = `lock-${close.length}`;
    const leave = serveSkills(port1, { run }, lock);
    close.push(() => {
      leave();
      locks.get(lock)?.();
    });
    return Promise.resolve(port2);
  };
  const watchLock = (lock: string) => new Promise<void>((resolve) => locks.set(lock, resolve));
  return { runner: createHostedRunner(connect, { watchLock }), close };
}

/** A world that counts: each answer tells how many there were before. */
function counting(): SkillHost & { asked: string[] } {
  const asked: string[] = [];
  const call: SkillHost['call'] = (name, bytes) => {
    asked.push(`${name} ${fromUtf8(bytes)}`);
    return Promise.resolve(utf8(`answer ${asked.length}`));
  };
  return { asked, call };
}
const ask = async ({ host }: RunOptions, text: string) =>
  fromUtf8(await host!.call('memory.read', utf8(text), new AbortController().signal));

describe('the world over a port', () => {
  test('is asked, and answers', async () => {
    const { runner, close } = node(async (_, options = {}) =>
      ok(`${await ask(options, 'a')}, ${await ask(options, 'b')}`),
    );
    const host = counting();
    expect(await runner.run(request, { host })).toMatchObject({ output: utf8('answer 1, answer 2') });
    expect(host.asked).toEqual(['memory.read a', 'memory.read b']);
    runner.dispose();
    close[0]!();
  });

  test('what it throws arrives by its message', async () => {
    const { runner, close } = node(async (_, options = {}) =>
      ok(await ask(options, 'a').catch((e: unknown) => (e as Error).message)),
    );
    const host: SkillHost = { call: () => Promise.reject(new Error('not granted')) };
    expect(await runner.run(request, { host })).toMatchObject({ output: utf8('not granted') });
    runner.dispose();
    close[0]!();
  });

  test('without a host there is none to ask', async () => {
    const { runner, close } = node((_, { host } = {}) => Promise.resolve(ok(host ? 'one' : 'none')));
    expect(await runner.run(request)).toMatchObject({ output: utf8('none') });
    runner.dispose();
    close[0]!();
  });

  test('a run that is made again under another tab hears the same, and nothing is done twice', async () => {
    let asked!: () => void;
    const lost = new Promise<void>((resolve) => (asked = resolve));
    const { runner, close } = node(
      async (_, options = {}) => {
        await ask(options, 'a');
        await ask(options, 'b');
        asked();
        return await new Promise<never>((_resolve, reject) =>
          options.signal!.addEventListener('abort', () => reject(new SkillError('cancelled', 'stopped'))),
        );
      },
      async (_, options = {}) => ok([await ask(options, 'a'), await ask(options, 'b'), await ask(options, 'c')].join()),
    );
    const host = counting();
    const run = runner.run(request, { host });
    await lost;
    close[0]!();
    expect(await run).toMatchObject({ output: utf8('answer 1,answer 2,answer 3') });
    expect(host.asked).toEqual(['memory.read a', 'memory.read b', 'memory.read c']);
    runner.dispose();
    close[1]!();
  });

  test('progress and the principal pass through', async () => {
    const heard: unknown[] = [];
    const { runner, close } = node((_, { onProgress, principal } = {}) => {
      onProgress?.(10, 'a');
      onProgress?.(1000, 'b');
      return Promise.resolve(ok(principal ?? 'none'));
    });
    const outcome = await runner.run(request, { onProgress: (...told) => heard.push(told), principal: 'Owner::me' });
    expect([outcome, heard]).toMatchObject([
      { output: utf8('Owner::me') },
      [
        [10, 'a'],
        [1000, 'b'],
      ],
    ]);
    runner.dispose();
    close[0]!();
  });
});
