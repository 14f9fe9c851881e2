import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { Proxies, subnetOf, Subnets } from './client-address';

const from = (remoteAddress: string, forwarded?: string): Pick<IncomingMessage, 'headers' | 'socket'> => ({
  headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  socket: { remoteAddress } as IncomingMessage['socket'],
});
const proxies = new Proxies(['127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8']);

test('a proxy that is trusted is believed', () => {
  expect(proxies.addressOf(from('127.0.0.1', '203.0.113.9'))).toBe('203.0.113.9');
  expect(proxies.addressOf(from('::ffff:127.0.0.1', '203.0.113.9'))).toBe('203.0.113.9');
  expect(proxies.addressOf(from('10.1.2.3', '203.0.113.9, 10.9.9.9'))).toBe('203.0.113.9');
  expect(proxies.addressOf(from('fd00::1', '2001:db8::1'))).toBe('2001:db8::1');
});

test('ATTACK: what a caller writes before the proxy does is not', () => {
  expect(proxies.addressOf(from('127.0.0.1', '198.51.100.1, 203.0.113.9'))).toBe('203.0.113.9');
  expect(proxies.addressOf(from('127.0.0.1', '127.0.0.1, 203.0.113.9'))).toBe('203.0.113.9');
  expect(proxies.addressOf(from('203.0.113.9', '198.51.100.1'))).toBe('203.0.113.9');
  expect(new Proxies([]).addressOf(from('127.0.0.1', '198.51.100.1'))).toBe('127.0.0.1');
});

test('nonsense in the header is no address', () => {
  for (const nonsense of ['', 'unknown', '1.2.3', '"203.0.113.9:80"', ', ,'])
    expect(proxies.addressOf(from('127.0.0.1', nonsense))).toBe('127.0.0.1');
});

test.each(['localhost', '1.2.3.4/33', '::1/129', '10.0.0.0/8/8', '10.0.0.0/', ''])('%s is no network', (name) => {
  expect(subnetOf(name)).toBeUndefined();
  expect(() => new Subnets([name])).toThrow(RangeError);
});

test('a network has its addresses and no others; none has nobody', () => {
  const some = new Subnets(['192.0.2.0/25', '2001:db8::/32']);
  expect(['192.0.2.127', '192.0.2.128', '2001:db8::1', '2001:db9::1'].map((one) => some.has(one))).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect(new Subnets([]).has('192.0.2.1')).toBe(false);
});
