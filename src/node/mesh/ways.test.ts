import { describe, expect, test } from 'vitest';
import { findWays } from './ways';

const relayKey = new Uint8Array(32).fill(7);
const OWN = '/dns4/own.example/tcp/443/tls/ws';
const answer =
  (body: unknown, status = 200) =>
  () =>
    Promise.resolve(new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } }));
const found = { peer: 'p', addresses: ['/dns4/new.example/tcp/443/tls/ws'], stun: ['stun:new.example:3478'] };

describe('the ways of a mesh', () => {
  test('a relay that is added brings its own STUN server; those of the relays that stay, stay', async () => {
    const stun = ['stun:own.example:3478', 'stun:gone.example:3478'];
    const asking = { relayKey, token: undefined, stun, fetch: answer(found) };
    const ways = await findWays([OWN, 'https://new.example'], asking);
    expect(ways).toEqual({
      relays: [OWN, '/dns4/new.example/tcp/443/tls/ws'],
      stun: ['stun:own.example:3478', 'stun:new.example:3478'],
    });
  });

  test('an address of IPv6 is the same host in both notations', async () => {
    const relay = '/ip6/2001:db8::1/tcp/443/tls/ws';
    const stun = ['stun:[2001:db8::1]:3478'];
    expect(await findWays([relay], { relayKey, token: undefined, stun, fetch: answer(found) })).toEqual({
      relays: [relay],
      stun,
    });
  });

  test('what is neither, and a relay that wants a token, are refused', async () => {
    const asking = { relayKey, token: undefined, fetch: answer({}, 403) };
    await expect(findWays(['ftp://relay.example'], asking)).rejects.toMatchObject({ code: 'refused' });
    await expect(findWays(['https://relay.example'], asking)).rejects.toMatchObject({ code: 'refused' });
  });
});
