import { expect, test } from 'vitest';
import { Paced } from './paced';
import { manualSchedule } from './testkit';

test('the first word at once, of what comes meanwhile the last, and after the end none', () => {
  const timers = manualSchedule();
  const said: number[] = [];
  const paced = new Paced<number>(timers.schedule, 100, (word) => said.push(word));
  for (let word = 0; word < 1000; word++) paced.say(word);
  expect(said).toEqual([0]);
  timers.fire(100);
  expect(said).toEqual([0, 999]);
  paced.say(1000);
  expect(said).toEqual([0, 999]);
  timers.fire(100);
  timers.fire(100);
  paced.say(1001);
  expect(said).toEqual([0, 999, 1000, 1001]);
  paced.say(1002);
  paced.end();
  timers.fire(100);
  expect(said).toEqual([0, 999, 1000, 1001]);
  expect(timers.waits()).toEqual([]);
});
