import { multiaddr } from '@multiformats/multiaddr';
import { expect, test } from 'vitest';
import { relayAddressOf } from './address';

test.each([
  ['http://localhost:8787', '/dns4/localhost/tcp/8787/ws'],
  ['http://127.0.0.1:8787/', '/ip4/127.0.0.1/tcp/8787/ws'],
  ['http://[::1]:8787', '/ip6/::1/tcp/8787/ws'],
  ['https://relay.example.com', '/dns4/relay.example.com/tcp/443/tls/ws'],
  ['https://relay.example.com:8443', '/dns4/relay.example.com/tcp/8443/tls/ws'],
  ['http://relay.example.com', '/dns4/relay.example.com/tcp/80/ws'],
])('%s is %s', (origin, address) => {
  expect(relayAddressOf(origin)).toBe(address);
  expect(multiaddr(address).toString()).toBe(address);
});

test.each(['', 'relay.example.com', 'ftp://relay.example.com', 'https://relay.example.com/path', 'https://u:p@host'])(
  '%s is no relay',
  (origin) => {
    expect(relayAddressOf(origin)).toBeUndefined();
  },
);
