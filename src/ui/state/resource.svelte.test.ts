import { describe, expect, test } from 'vitest';
import { SovereignError } from '../../protocol/errors';
import { Action } from './action.svelte';
import { Resource } from './resource.svelte';

describe('Resource', () => {
  test('calls while it reads become one more reading, and none is lost', async () => {
    let reads = 0;
    const releases: (() => void)[] = [];
    const resource = new Resource(async () => {
      const mine = ++reads;
      await new Promise<void>((resolve) => releases.push(resolve));
      return mine;
    });
    const first = resource.reload();
    void resource.reload();
    void resource.reload();
    releases[0]!();
    await expect.poll(() => releases.length).toBe(2);
    releases[1]!();
    await first;
    expect([reads, resource.value, resource.loading]).toEqual([2, 2, false]);
    const again = resource.reload();
    releases[2]!();
    await again;
    expect(resource.value).toBe(3);
  });

  test('keeps the old value when a later reading fails, and says so', async () => {
    let fail = false;
    const resource = new Resource(() =>
      fail ? Promise.reject(new SovereignError('gone', 'It is gone.')) : Promise.resolve(7),
    );
    await resource.reload();
    fail = true;
    await resource.reload();
    expect([resource.value, resource.error?.code]).toEqual([7, 'gone']);
    fail = false;
    await resource.reload();
    expect(resource.error).toBeUndefined();
  });
});

test('an action runs once at a time and keeps its error', async () => {
  const action = new Action();
  let release: (() => void) | undefined;
  const first = action.run(() => new Promise<number>((resolve) => (release = () => resolve(1))));
  expect(await action.run(() => Promise.resolve(2))).toBeUndefined();
  release!();
  expect(await first).toBe(1);
  expect(await action.run(() => Promise.reject(new TypeError('no')))).toBeUndefined();
  expect(action.error?.message).toBe('no');
  expect(action.busy).toBe(false);
});

test('a file that is chosen while an action runs comes after it, and in order', async () => {
  const action = new Action();
  const order: string[] = [];
  let release: (() => void) | undefined;
  const first = action.next(async () => {
    await new Promise<void>((resolve) => (release = resolve));
    order.push('first');
    throw new TypeError('no');
  });
  const [second, third] = ['second', 'third'].map((word) => action.next(() => Promise.resolve(order.push(word))));
  expect(await action.run(() => Promise.resolve('pressed'))).toBeUndefined();
  release!();
  expect(await Promise.all([first, second, third])).toEqual([undefined, 2, 3]);
  expect(order).toEqual(['first', 'second', 'third']);
  // The refusal of one is not hidden by those after it, only by what is asked for anew.
  expect([action.busy, action.error?.message]).toEqual([false, 'no']);
  await action.next(() => Promise.resolve());
  expect(action.error).toBeUndefined();
});
