import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import WebSocket, { WebSocketServer } from 'ws';
import { describe, expect, test } from 'vitest';
import { polyfillNode } from '../../mesh/libp2p/polyfill';
import { systemSchedule } from '../../mesh/schedule';
import { judge, type Facts } from './diagnose';
import { answers, webSocketUrl } from './probe';

polyfillNode(WebSocket);

const relay = { connected: true, reserved: true };
const fine: Facts = {
  isMember: true,
  relays: [relay],
  answering: 1,
  ways: { local: 1, public: 1 },
  stun: 1,
  members: 1,
  links: ['direct'],
};
const results = (facts: Partial<Facts>): string[] =>
  judge({ ...fine, ...facts }).map(({ step, result }) => `${step} ${result}`);
const firstFailed = (facts: Partial<Facts>): string | undefined =>
  judge({ ...fine, ...facts }).find(({ result }) => result === 'failed')?.step;

describe('why can’t I connect', () => {
  test('where all is well every step is fine, in the order in which they are taken', () => {
    const steps = ['member', 'relay', 'key', 'reservation', 'members', 'ice', 'direct'];
    expect(results({})).toEqual(steps.map((step) => `${step} ok`));
  });

  test('the first step that fails is named, with what to do, and what comes after it is not judged', () => {
    expect(firstFailed({ isMember: false })).toBe('member');
    expect(firstFailed({ relays: [], links: ['none'] })).toBe('relay');
    expect(firstFailed({ relays: [{ connected: false, reserved: false }], answering: 0 })).toBe('relay');
    expect(firstFailed({ relays: [{ connected: false, reserved: false }] })).toBe('key');
    expect(firstFailed({ relays: [{ connected: true, reserved: false }] })).toBe('reservation');
    expect(firstFailed({ links: ['none'] })).toBe('members');
    expect(firstFailed({ ways: null })).toBe('ice');
    expect(firstFailed({ links: ['relayed'] })).toBe('direct');
    const checks = judge({ ...fine, links: ['none'] });
    expect(checks.find(({ result }) => result === 'failed')!.advice).toBeTruthy();
    expect(checks.slice(-2).map(({ result }) => result)).toEqual(['skipped', 'skipped']);
  });

  test('two devices that met without a server are told of no fault', () => {
    expect(firstFailed({ relays: [], answering: 0 })).toBeUndefined();
  });

  test('a realm that links over relays only has no fault either', () => {
    expect(firstFailed({ ways: undefined, links: ['relayed'] })).toBeUndefined();
  });
});

describe('the look at a relay', () => {
  test('reads the address as a browser dials it', () => {
    expect(webSocketUrl('/dns4/relay.example/tcp/443/tls/ws')).toBe('wss://relay.example:443/');
    expect(webSocketUrl('/ip4/127.0.0.1/tcp/8080/ws/p2p/12D3KooW')).toBe('ws://127.0.0.1:8080/');
    expect(webSocketUrl('/ip6/::1/tcp/8080/wss')).toBe('wss://[::1]:8080/');
    expect(webSocketUrl('/ip4/127.0.0.1/udp/1/quic-v1')).toBeUndefined();
    expect(webSocketUrl('https://relay.example')).toBeUndefined();
  });

  test('tells a server from none', async () => {
    const server = createServer();
    const sockets = new WebSocketServer({ server });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}/ws`;
    expect(await answers(address, systemSchedule, 60_000)).toBe(true);
    sockets.close();
    for (const client of sockets.clients) client.terminate();
    await new Promise((resolve) => server.close(resolve));
    expect(await answers(address, systemSchedule, 60_000)).toBe(false);
  });
});
