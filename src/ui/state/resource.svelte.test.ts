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
