import { expect, test } from 'vitest';
import { RateLimit } from './rate';

test('so many in a window, and again in the next', () => {
  let now = 0;
  const rate = new RateLimit(2, 1_000, () => now);
  const three = () => [1, 2, 3].map(() => rate.take('192.0.2.1'));
  expect(three()).toEqual([true, true, false]);
  expect(rate.take('192.0.2.2')).toBe(true);
  now = 1_000;
  expect(three()).toEqual([true, true, false]);
});

test('ATTACK: all addresses of one IPv6 network are one caller', () => {
  const rate = new RateLimit(20, 1_000, () => 0);
  for (let i = 0; i < 20; i++) expect(rate.take(`2001:db8::${i.toString(16)}`)).toBe(true);
  expect(rate.take('2001:db8::ffff')).toBe(false);
  expect(rate.take('2001:db8:0:1::1')).toBe(true);
});

test('ATTACK: a hundred thousand forged callers keep out neither who was there before nor who comes', () => {
  const rate = new RateLimit(2, 1_000, () => 0);
  rate.take('192.0.2.1');
  const forged = (i: number) => `10.${String(i >> 16)}.${String((i >> 8) & 255)}.${String(i & 255)}`;
  for (let i = 0; i < 99_999; i++) rate.take(forged(i));
  expect(rate.take('192.0.2.1')).toBe(true);
  expect(rate.take('192.0.2.2')).toBe(true);
  expect(rate.take('192.0.2.2')).toBe(true);
  expect(rate.take('192.0.2.2')).toBe(false);
});
